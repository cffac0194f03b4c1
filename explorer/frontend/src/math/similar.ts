/** The best rows of a search, best first. */
export class Best {
  readonly tiles: number[] = [];
  readonly cosines: number[] = [];
  readonly #limit: number;
  readonly #least: number;

  /**
   * @param limit - most rows kept
   * @param least - what a cosine must be above to be kept at all
   */
  constructor(limit: number, least: number) {
    this.#limit = limit;
    this.#least = least;
  }

  /** What a row must be above to be kept. */
  get threshold(): number {
    return this.cosines.length < this.#limit ? this.#least : this.cosines.at(-1)!;
  }

  /** Keeps a row if it is among the best. Of rows that are equally good the first stays. */
  offer(tile: number, cosine: number): void {
    if (cosine <= this.threshold) return;
    let at = this.cosines.length;
    while (at > 0 && this.cosines[at - 1]! < cosine) at -= 1;
    this.cosines.splice(at, 0, cosine);
    this.tiles.splice(at, 0, tile);
    if (this.cosines.length > this.#limit) {
      this.cosines.pop();
      this.tiles.pop();
    }
  }
}

/**
 * Offers the rows of a part whose cosine with a query is above 0. Rows of zeros, of which nothing is known, are like nothing.
 * One multiplication and addition a feature, twice: a million rows of 32 take some 60 ms, a part of 16,384 one.
 *
 * @param query - (n_features,) int8
 * @param features - (n, n_features) int8
 * @param first - the tile of the first row
 * @param best - what is found goes there
 */
export function findSimilar(query: Int8Array, features: Int8Array, first: number, best: Best): void {
  const n = query.length;
  const queryNorm = Math.sqrt(query.reduce((sum, value) => sum + value * value, 0));
  if (queryNorm === 0) return;
  for (let at = 0, tile = first; at < features.length; at += n, tile += 1) {
    let dot = 0;
    let square = 0;
    for (let i = 0; i < n; i += 1) {
      const value = features[at + i]!;
      dot += value * query[i]!;
      square += value * value;
    }
    if (dot > 0) best.offer(tile, dot / (queryNorm * Math.sqrt(square)));
  }
}
