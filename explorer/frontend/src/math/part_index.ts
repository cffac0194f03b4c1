/** What `PartIndex.placeOf` says for a tile in no part. */
export const NO_PLACE = 0xffffffff;
/** Bits of a place that tell the row in its part; the others tell the part. */
export const ROW_BITS = 12;

const STEP_BITS = 8;

/** Finds the part that holds a tile without a search: for what is asked per point and per frame. */
export class PartIndex {
  readonly n: number;
  readonly #first: Uint32Array;
  readonly #end: Uint32Array;
  /** Per 256 tiles: the first part that ends after them. */
  readonly #coarse: Uint32Array;

  /** @param parts - sorted by `first`, not overlapping, at most 4,096 tiles each */
  constructor(parts: readonly { readonly first: number; readonly n: number }[]) {
    this.n = parts.length;
    this.#first = Uint32Array.from(parts, (part) => part.first);
    this.#end = Uint32Array.from(parts, (part) => part.first + part.n);
    this.#coarse = new Uint32Array(((this.#end.at(-1) ?? 0) >>> STEP_BITS) + 1);
    for (let step = 0, part = 0; step < this.#coarse.length; step += 1) {
      while (part < this.n && this.#end[part]! <= step << STEP_BITS) part += 1;
      this.#coarse[step] = part;
    }
  }

  /** The part of a tile, or -1. */
  partOf(tile: number): number {
    const step = tile >>> STEP_BITS;
    if (step >= this.#coarse.length) return -1;
    let part = this.#coarse[step]!;
    while (part < this.n && this.#end[part]! <= tile) part += 1;
    return part < this.n && this.#first[part]! <= tile ? part : -1;
  }

  /** The row of a tile in its part. */
  rowOf(tile: number, part: number): number {
    return tile - this.#first[part]!;
  }

  /** Part and row of a tile in one number of 32 bits, or NO_PLACE. */
  placeOf(tile: number): number {
    const part = this.partOf(tile);
    return part < 0 ? NO_PLACE : ((part << ROW_BITS) | this.rowOf(tile, part)) >>> 0;
  }
}
