import type { Blocks } from "./blocks";
import type { Sizes } from "./sizes";

/** The points as everything that draws, chooses and picks sees them. The arrays belong to the galaxy and change in place. */
export interface World {
  /** (n, 3) */
  readonly positions: Float32Array;
  /** Bit 1: not to be shown. */
  readonly flags: Uint8Array;
  readonly blocks: Blocks;
  readonly sizes: Sizes;
}
