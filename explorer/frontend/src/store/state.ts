import type { Galaxy, Neighbour } from "../api/galaxy";
import type { WireError } from "../api/errors";
import type { Details } from "../api/wire";
import type { View } from "../math/view";
import type { Audit } from "./audit_state";
import { INITIAL_SEARCH, type SearchState } from "./search_state";

export type Phase = "loading" | "ready" | "empty" | "error";
/** What WebGL 2 does for us: `missing` never came, `lost` went away and may come back. */
export type GlState = "unknown" | "ok" | "missing" | "lost";
export type ViewName = "space" | "list";
/** How the drawn galaxy lies: in space, or flat as a map. */
export type Layout = "space" | "flat";
/** What colours a point from afar: its cluster, or the mean colour of its picture. */
export type Colouring = "cluster" | "mean";
/** Dark or light: as the system says, or always one of them. */
export type Theme = "auto" | "dark" | "light";

/** Where the camera is to fly. A new object each time: the scene flies when it changes. */
export type Flight =
  | { readonly to: "image"; readonly index: number }
  | { readonly to: "cluster"; readonly cluster: number }
  | { readonly to: "near"; readonly index: number }
  | { readonly to: "newcomers" }
  | { readonly to: "view"; readonly view: View; readonly atOnce: boolean }
  | { readonly to: "home" };

/** A guided tour under way. */
export interface Tour {
  /** Indices of clusters, in order. */
  readonly stops: readonly number[];
  readonly at: number;
  /** Uuids of some pictures of the present stop, once known. */
  readonly pictures: readonly string[];
}

export interface Selection {
  readonly uuid: string;
  readonly index: number;
}

export type DetailsState =
  | { readonly status: "loading" }
  | { readonly status: "ready"; readonly details: Details }
  | { readonly status: "failed"; readonly error: WireError };

/** How far a strip has come. `asking`: so much would be loaded that a person has to agree. */
export type StripPhase =
  | { readonly status: "asking"; readonly megabytes: number }
  /** `share`: of what is to be gone through, 0 to 1. */
  | { readonly status: "loading"; readonly share: number }
  /** `recall`: the share of the truly nearest that is found, where it is approximate and known. */
  | { readonly status: "ready"; readonly recall: number | null }
  | { readonly status: "failed" };

/** Pictures like one picture, in a row in the panel. */
export interface Strip {
  /** Its exact neighbours, or all that its code finds, which is approximate. */
  readonly kind: "neighbours" | "similar";
  /** The picture that they are like; it is the first of the items. */
  readonly of: Selection;
  /** The point that walking along the strip has come to. */
  readonly at: number;
  readonly items: readonly Neighbour[];
  readonly phase: StripPhase;
  /** The `matches` that it lit, and those that it put out; null: none. */
  readonly lit: Uint8Array | null;
  readonly before: Uint8Array | null;
}

/** What lies over the canvas, in CSS pixels: the scene centres what it looks at in what is left free. */
export interface Insets {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
}

/** All that more than one part of the page knows. Plain data, replaced and never mutated. */
export interface State {
  readonly phase: Phase;
  readonly progress: { readonly arrived: number; readonly expected: number };
  readonly error: WireError | null;
  readonly galaxy: Galaxy | null;
  readonly gl: GlState;
  readonly view: ViewName;
  /** How many of the octree's nodes have come: the list grows with it. */
  readonly nodesLoaded: number;
  /** The point that is about to be selected, while its uuid is asked for; else -1. */
  readonly selecting: number;
  readonly selection: Selection | null;
  readonly details: DetailsState | null;
  /** The point under the pointer, or -1. */
  readonly hovered: number;
  /** Its title, once known. */
  readonly hoveredTitle: string;
  /** The cluster last flown to; the others step back. Null: all alike. */
  readonly focusedCluster: number | null;
  /** A cluster pointed at in the list; goes before the focused one. */
  readonly previewedCluster: number | null;
  readonly flight: Flight | null;
  readonly colouring: Colouring;
  /** By tile: 1 stays lit, 0 steps back. Null: all alike. */
  readonly matches: Uint8Array | null;
  readonly clustersOpen: boolean;
  readonly helpOpen: boolean;
  readonly reducedMotion: boolean;
  /** Whether boxes lie on the picture in the panel. */
  readonly boxesShown: boolean;
  /** The mark (`math/marks`) pointed at in the panel, on the picture or in its row. Null: none. */
  readonly litMark: string | null;
  /** Whether the open picture is looked at over the whole window. */
  readonly viewerOpen: boolean;
  readonly strip: Strip | null;
  readonly insets: Insets;
  /** A short message for everybody, until it is closed. Empty: none. */
  readonly notice: string;
  /** The name of a newer publication than the one that is shown. Empty: none is known. */
  readonly newerPublication: string;
  /** Whether it is offered: nobody has said no yet. */
  readonly isUpdateOffered: boolean;
  /** How many pictures the pointer has listed as withdrawn since the page was opened: what lists pictures looks again when it changes. */
  readonly nWithdrawn: number;
  /** Files keep failing: the notice offers to try again now. */
  readonly isStalled: boolean;
  /** For the screen reader; said when it changes. */
  readonly announcement: string;
  readonly layout: Layout;
  /** Whether a line runs through each cluster. */
  readonly linesShown: boolean;
  /** Null: nobody is being led. */
  readonly tour: Tour | null;
  /** Where the camera came to rest. Null: at the whole galaxy, or on its way. */
  readonly restingView: View | null;
  /** How many pictures came with the latest update and have just flown in. */
  readonly nNewcomers: number;
  /** What `matches` is while these are lit. Null: they are not. */
  readonly litNewcomers: Uint8Array | null;
  /** Whether the page lies in a frame of another page. */
  readonly embedded: boolean;
  readonly theme: Theme;
  /** Whether the page is light now. */
  readonly isLight: boolean;
  readonly search: SearchState;
  /** Null: nobody corrects many pictures at once. */
  readonly audit: Audit | null;
}

export const INITIAL_STATE: State = {
  phase: "loading",
  progress: { arrived: 0, expected: 0 },
  error: null,
  galaxy: null,
  gl: "unknown",
  view: "space",
  nodesLoaded: 0,
  selecting: -1,
  selection: null,
  details: null,
  hovered: -1,
  hoveredTitle: "",
  focusedCluster: null,
  previewedCluster: null,
  flight: null,
  colouring: "cluster",
  matches: null,
  clustersOpen: true,
  helpOpen: false,
  reducedMotion: false,
  boxesShown: true,
  litMark: null,
  viewerOpen: false,
  strip: null,
  insets: { left: 0, right: 0, bottom: 0 },
  notice: "",
  newerPublication: "",
  isUpdateOffered: false,
  nWithdrawn: 0,
  isStalled: false,
  announcement: "",
  layout: "space",
  linesShown: false,
  tour: null,
  restingView: null,
  nNewcomers: 0,
  litNewcomers: null,
  embedded: false,
  theme: "auto",
  isLight: false,
  search: INITIAL_SEARCH,
  audit: null,
};
