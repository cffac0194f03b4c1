import { FLAG_TOMBSTONE } from "./wire";

/**
 * The columns of all points, by point number. Rows are filled as chunks arrive (`Galaxy.isLoaded`); until then, and for
 * what must not be shown, the flag of a tombstone stands in `flags`.
 */
export interface Points {
  readonly n: number;
  /** (n, 3) coordinates in the galaxy's unit, x y z. Whoever moves them tells the scene (`Stage.moved`). */
  readonly positions: Float32Array;
  /** Index into the manifest's clusters. */
  readonly cluster: Uint8Array;
  /** (n, 3) mean colour, sRGB. */
  readonly colour: Uint8Array;
  /** 128 is square; width / height = 2 ** ((aspect - 128) / 32). */
  readonly aspect: Uint8Array;
  /** Bits `FLAG_…` of api/wire. */
  readonly flags: Uint8Array;
  readonly tile: Uint32Array;
}

/** The columns of a galaxy of which nothing has come yet: 22 bytes a point. */
export function emptyPoints(n: number): Points {
  return {
    n,
    positions: new Float32Array(3 * n),
    cluster: new Uint8Array(n),
    colour: new Uint8Array(3 * n),
    aspect: new Uint8Array(n).fill(128),
    flags: new Uint8Array(n).fill(FLAG_TOMBSTONE),
    tile: new Uint32Array(n),
  };
}
