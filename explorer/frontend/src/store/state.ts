import type { Galaxy } from "../api/galaxy";
import type { WireError } from "../api/errors";
import type { Details } from "../api/wire";
import { INITIAL_SEARCH, type SearchState } from "./search_state";

export type Phase = "loading" | "ready" | "empty" | "error";
/** What WebGL 2 does for us: `missing` never came, `lost` went away and may come back. */
export type GlState = "unknown" | "ok" | "missing" | "lost";
export type ViewName = "space" | "list";
/** What colours a point from afar: its cluster, or the mean colour of its picture. */
export type Colouring = "cluster" | "mean";

/** Where the camera is to fly. A new object each time: the scene flies when it changes. */
export type Flight =
  | { readonly to: "image"; readonly index: number }
  | { readonly to: "cluster"; readonly cluster: number }
  | { readonly to: "home" };

export interface Selection {
  readonly uuid: string;
  readonly index: number;
}

export type DetailsState =
  | { readonly status: "loading" }
  | { readonly status: "ready"; readonly details: Details }
  | { readonly status: "failed"; readonly error: WireError };

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
  readonly insets: Insets;
  /** A short message for everybody, until it is closed. Empty: none. */
  readonly notice: string;
  /** Files keep failing: the notice offers to try again now. */
  readonly isStalled: boolean;
  /** For the screen reader; said when it changes. */
  readonly announcement: string;
  readonly search: SearchState;
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
  insets: { left: 0, right: 0, bottom: 0 },
  notice: "",
  isStalled: false,
  announcement: "",
  search: INITIAL_SEARCH,
};
