import { fetchBytes } from "./http";
import { addressOf } from "./names";
import type { Part } from "./wire";

/** The place of a part that holds a tile, or -1. `parts`: sorted by `first`, not overlapping. */
export function findPart(parts: readonly Part[], tile: number): number {
  let low = 0;
  let high = parts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (parts[middle]!.first <= tile) low = middle + 1;
    else high = middle;
  }
  const part = parts[low - 1];
  return part !== undefined && tile < part.first + part.n ? low - 1 : -1;
}

/** A decoded part, and the row in it that was asked for. */
export interface PartRow<T> {
  readonly part: T;
  readonly row: number;
}

/** Files that hold the rows of consecutive tiles: each fetched once, decoded, and the ones used last kept. */
export class PartSource<T> {
  readonly parts: readonly Part[];
  readonly #base: string;
  readonly #decode: (file: Uint8Array, part: Part, url: string) => T;
  readonly #maxKept: number;
  readonly #kept = new Map<number, Promise<T>>();

  /**
   * @param base - what the parts' names resolve against
   * @param decode - one file to whatever is wanted of it; raises WireError
   * @param maxKept - most parts kept in memory
   */
  constructor(parts: readonly Part[], base: string, decode: (file: Uint8Array, part: Part, url: string) => T, maxKept: number) {
    this.parts = parts;
    this.#base = base;
    this.#decode = decode;
    this.#maxKept = maxKept;
  }

  /** The part that holds a tile and the tile's row in it, or null for a tile in no part. Raises WireError. */
  async get(tile: number): Promise<PartRow<T> | null> {
    const number = findPart(this.parts, tile);
    return number < 0 ? null : { part: await this.load(number), row: tile - this.parts[number]!.first };
  }

  /** A part by its place in `parts`. Raises WireError. */
  load(number: number): Promise<T> {
    const kept = this.#kept.get(number) ?? this.#fetch(number);
    // The map remembers the order of insertion: what was used last goes to its end.
    this.#kept.delete(number);
    this.#kept.set(number, kept);
    if (this.#kept.size > this.#maxKept) this.#kept.delete(this.#kept.keys().next().value!);
    return kept;
  }

  #fetch(number: number): Promise<T> {
    const part = this.parts[number]!;
    const url = addressOf(part.url, this.#base);
    const loaded = fetchBytes(url).then((file) => this.#decode(file, part, url));
    // A failed part is asked for again the next time.
    loaded.catch(() => this.#kept.delete(number));
    return loaded;
  }
}
