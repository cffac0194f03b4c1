import type { Config } from "../config";
import type { Store } from "../store/store";

/** What an action may ask of the drawn scene. Points are numbers here; uuids everywhere else. */
export interface Stage {
  /** The picture nearest to the middle of the view, or -1. */
  centredPicture(): number;
  /** Zooms about the middle of the view; under 1 is nearer. */
  zoom(factor: number): void;
  /**
   * Draws all points anew where `galaxy.points.positions` says: whoever moves them calls it after each step.
   * `atHome`: they are all where the artifact has them.
   */
  moved(atHome: boolean): void;
  /** The points drawn inside a closed line on the canvas, (k, 2) CSS px, but for those that step back. */
  pointsInLasso(line: Float32Array): number[];
  /** Asks at once for what failed to load. */
  retry(): void;
}

/** What every action is given. */
export interface ActionContext {
  readonly store: Store;
  readonly config: Config;
  /** Null while nothing is drawn: list view, no WebGL, still loading. */
  stage: Stage | null;
}

/** Something a person can do: by a key, a button, or both. One a file. */
export interface Action {
  readonly name: string;
  /** What it does, for the help and for buttons. */
  readonly label: string;
  /** `KeyboardEvent.key` values, compared without case. */
  readonly keys: readonly string[];
  /** Whether it can be done now. Absent: always. */
  readonly isEnabled?: (context: ActionContext) => boolean;
  readonly perform: (context: ActionContext) => void;
}
