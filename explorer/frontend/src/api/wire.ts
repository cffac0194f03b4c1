/** The artifact's files as they come, names as on the wire (snake_case). `explorer/artifact` writes them. */

export interface Pointer {
  readonly format: "galaxy-pointer";
  readonly version: 1;
  readonly manifest: string;
  readonly published_at: string;
}

export type ColumnName = "position" | "cluster" | "colour" | "aspect" | "flags" | "tile";
export type ColumnDtype = "uint8" | "uint16" | "uint32";

export interface Column {
  readonly name: string;
  readonly dtype: ColumnDtype;
  readonly components: number;
  /** Bytes from the start of the decompressed file; a multiple of 4. */
  readonly offset: number;
}

export interface Cluster {
  readonly uuid: string;
  readonly index: number;
  readonly name: string;
  readonly colour: string;
  readonly description: string;
  readonly n_images: number;
  readonly centroid: readonly [number, number, number];
  readonly radius: number;
  readonly cover: string | null;
  readonly tour_order: number;
}

export interface Atlas {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly tile_size: number;
  readonly n_tiles: number;
}

export interface Credit {
  readonly text: string;
  readonly url: string;
  readonly licence: string;
}

export interface Manifest {
  readonly format: "galaxy-artifact";
  readonly version: 1;
  readonly galaxy: { readonly uuid: string; readonly slug: string; readonly title: string; readonly description: string };
  readonly build: number;
  readonly n_images: number;
  readonly bounds: { readonly origin: readonly [number, number, number]; readonly extent: number; readonly radius: number };
  readonly clusters: readonly Cluster[];
  readonly points: { readonly url: string; readonly n: number; readonly columns: readonly Column[] };
  readonly ids: { readonly url: string };
  readonly atlases: readonly Atlas[];
  readonly details: { readonly shard_size: number; readonly shards: readonly string[] };
  readonly credits: readonly Credit[];
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
  readonly document?: Readonly<Record<string, unknown>>;
}

export interface DetailsShard {
  readonly version: 1;
  readonly images: readonly Details[];
}
