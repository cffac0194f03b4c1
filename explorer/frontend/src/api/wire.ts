/** The artifact's files as they come, names as on the wire (snake_case). `explorer/artifact` writes them; docs/artifact.md says what they mean. */

/** The one version of the format that we read. */
export const FORMAT_VERSION = 2;

export interface Pointer {
  readonly format: "galaxy-pointer";
  readonly version: typeof FORMAT_VERSION;
  readonly manifest: string;
  readonly published_at: string;
  /** The uuids that must not be shown, whatever the files still hold. */
  readonly withdrawn: readonly string[];
}

export type ColumnName = "position" | "cluster" | "colour" | "aspect" | "flags" | "tile";
export type ColumnDtype = "uint8" | "uint16" | "uint32";

export interface Column {
  readonly name: string;
  readonly dtype: ColumnDtype;
  readonly components: number;
}

/** Bits of the `flags` column. */
export const FLAG_TOMBSTONE = 1;
export const FLAG_NEWCOMER = 2;

type Xyz = readonly [x: number, y: number, z: number];

/** A term that is more common in a cluster than elsewhere. */
export interface TellingLabel {
  readonly term: string;
  /** The share of the cluster's images that have it, 0 to 1. */
  readonly share: number;
  /** The share of all other images that have it, 0 to 1. */
  readonly share_elsewhere: number;
}

export interface Cluster {
  readonly uuid: string;
  readonly index: number;
  readonly name: string;
  readonly colour: string;
  readonly description: string;
  readonly n_images: number;
  readonly centroid: Xyz;
  readonly radius: number;
  readonly cover: string | null;
  readonly tour_order: number;
  readonly labels: readonly TellingLabel[];
}

/** A neighbourhood within a cluster, named. */
export interface Subgroup {
  readonly cluster: number;
  readonly name: string;
  readonly n_images: number;
  readonly centroid: Xyz;
  readonly radius: number;
}

/** Columns that are loaded when wanted. */
export type ExtraName = "flat" | "time";

/** One node of the octree. Its points are a sample of its region; drawing it means drawing its ancestors too. */
export interface Node {
  readonly first: number;
  readonly n: number;
  /** Index of its parent, which comes before it; -1 for the root and for what came since the last compaction. */
  readonly parent: number;
  readonly level: number;
  /** With `radius`: a ball around its own points and its descendants'. */
  readonly centre: Xyz;
  readonly radius: number;
  readonly url: string;
  readonly extra: Readonly<Partial<Record<ExtraName, string>>>;
}

export interface Credit {
  readonly text: string;
  readonly url: string;
  readonly licence: string;
}

export interface Manifest {
  readonly format: "galaxy-artifact";
  readonly version: typeof FORMAT_VERSION;
  readonly galaxy: { readonly uuid: string; readonly slug: string; readonly title: string; readonly description: string };
  readonly build: number;
  readonly n_images: number;
  /** Of `points`, tombstones included. */
  readonly n_points: number;
  readonly bounds: { readonly origin: Xyz; readonly extent: number; readonly radius: number };
  readonly clusters: readonly Cluster[];
  readonly subgroups: readonly Subgroup[];
  readonly columns: readonly Column[];
  readonly nodes: readonly Node[];
  /** The square of the flat layout; null: there is none. */
  readonly flat: { readonly origin: readonly [x: number, y: number]; readonly extent: number } | null;
  readonly tables: string;
  readonly credits: readonly Credit[];
  readonly downloads: boolean;
}

/** The file with the rows of tiles `first` to `first + n - 1`. */
export interface Part {
  readonly url: string;
  readonly first: number;
  readonly n: number;
}

/** A part that is a picture of tiles, 1,024 px wide. */
export interface Atlas extends Part {
  /** px; less than 1,024 where the last rows are not needed. */
  readonly height: number;
}

export interface AtlasLevel {
  readonly tile_size: number;
  readonly atlases: readonly Atlas[];
}

/** A part of the search index. */
export interface SearchSegment {
  readonly n_terms: number;
  /** The shard of its most common words, without their images; empty if it has no word. */
  readonly common: string;
  /** By key: `from` is the first of each. */
  readonly shards: readonly { readonly from: string; readonly url: string }[];
}

/** All parts of a galaxy: what is packed by tile, and where it lies. */
export interface Tables {
  readonly version: typeof FORMAT_VERSION;
  readonly n_tiles: number;
  readonly levels: readonly AtlasLevel[];
  readonly places: readonly Part[];
  readonly details: readonly Part[];
  readonly neighbours: readonly Part[];
  /** The latest first; an earlier one in the list goes before a later one, and all before `neighbours`. */
  readonly neighbour_patches: readonly string[];
  readonly codes: { readonly n_features: number; readonly recall_at_50: number | null; readonly parts: readonly Part[] };
  /** `delta` has the tiles from its `first` on: it is asked for what the others do not know. */
  readonly lookup: { readonly bits: number; readonly urls: readonly string[]; readonly delta: Part | null };
  readonly search: { readonly segments: readonly SearchSegment[] };
}

export interface Label {
  readonly term: string;
  readonly score: number;
  readonly source: string;
}

export interface DominantColour {
  readonly colour: string;
  readonly score: number;
  readonly pixel_fraction: number;
}

/** Left, top, width, height in shares of the upright picture, 0 to 1. */
export type Box = readonly [left: number, top: number, width: number, height: number];

/** A thing with a name that was found in a picture. */
export interface Found {
  readonly name: string;
  readonly score: number;
  readonly box?: Box;
}

export interface Landmark extends Found {
  readonly places: readonly { readonly latitude: number; readonly longitude: number }[];
}

/** 1 (very unlikely) to 5 (very likely), of what was looked for. */
export type Likelihoods = Readonly<Record<string, number>>;

export interface Face {
  readonly score: number;
  readonly box?: Box;
  /** Eyes, nose and so on, in shares of the picture. */
  readonly landmarks: readonly (readonly [x: number, y: number])[];
  /** Degrees: clockwise, to the right of the picture, upwards. Absent: nobody measured it. */
  readonly roll?: number;
  readonly pan?: number;
  readonly tilt?: number;
  readonly likelihoods: Likelihoods;
}

export interface TextLine {
  readonly text: string;
  readonly box?: Box;
}

export type FactKind = "labels" | "objects" | "faces" | "text" | "landmarks" | "logos" | "colours" | "safe_search" | "web";

/** What was found, by kind: absent if it is not published or there is nothing to tell, empty if it was looked for and not found. */
export interface Facts {
  readonly labels?: readonly Label[];
  readonly objects?: readonly Found[];
  readonly faces?: readonly Face[];
  readonly text?: { readonly text: string; readonly lines: readonly TextLine[] };
  readonly landmarks?: readonly Landmark[];
  readonly logos?: readonly Found[];
  readonly colours?: readonly DominantColour[];
  readonly safe_search?: Likelihoods;
  readonly web?: { readonly best_guess_labels: readonly string[]; readonly entities: readonly Found[] };
  /** Absent in galaxies that were published before there was more than labels and colours. */
  readonly failed?: readonly FactKind[];
  readonly not_looked_for?: readonly FactKind[];
}

/** All that is published about one picture. */
export interface Details extends Facts {
  readonly uuid: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly cluster: number;
  readonly creator: string;
  readonly credit: string;
  readonly licence: string;
  readonly source_url: string;
  /** As far as it is known: 1923, 1923-05, 1923-05-01 or with a time. */
  readonly taken_at?: string;
  /** In words, from the nearest to the widest. */
  readonly place?: string;
  /** The labels that pulled it to its place, the strongest first; shares sum to at most 1. */
  readonly why?: readonly { readonly term: string; readonly share: number }[];
  /** The share of its place that comes from how it looks. */
  readonly why_visual?: number;
  readonly document?: Readonly<Record<string, unknown>>;
}

/** A part of the details; null for what was withdrawn or left. */
export interface DetailsPart {
  readonly version: typeof FORMAT_VERSION;
  readonly images: readonly (Details | null)[];
}
