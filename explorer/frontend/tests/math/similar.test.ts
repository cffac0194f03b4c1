import { describe, expect, it } from "vitest";
import { Best, findSimilar } from "../../src/math/similar";

/** The same numbers every time, -127 to 127 (Lehmer's generator). */
function makeCodes(n: number, n_features: number): Int8Array {
  let state = 7;
  return Int8Array.from({ length: n * n_features }, () => {
    state = (state * 48271) % 0x7fffffff;
    return (state % 255) - 127;
  });
}

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

describe("more like this", () => {
  it("finds the same as sorting all cosines, whichever way the rows are cut into parts", () => {
    const [n, n_features] = [500, 8];
    const codes = makeCodes(n, n_features);
    const row = (tile: number): number[] => [...codes.subarray(tile * n_features, (tile + 1) * n_features)];
    const sorted = Array.from({ length: n }, (_, tile) => tile).sort((a, b) => cosine(row(b), row(3)) - cosine(row(a), row(3)));
    const best = new Best(20, 0);
    findSimilar(Int8Array.from(row(3)), codes.subarray(200 * n_features), 200, best);
    findSimilar(Int8Array.from(row(3)), codes.subarray(0, 200 * n_features), 0, best);
    expect(best.tiles).toEqual(sorted.slice(0, 20));
    expect(best.tiles[0]).toBe(3);
    expect(best.cosines[1]).toBeCloseTo(cosine(row(sorted[1]!), row(3)), 12);
  });

  it("leaves out what is less alike than asked for", () => {
    const best = new Best(5, 0.5);
    findSimilar(Int8Array.from([100, 0]), Int8Array.from([60, 80, 40, 92]), 0, best);
    expect(best.tiles).toEqual([0]);
  });

  it("finds nothing like a picture of which nothing is known, and never such a picture", () => {
    const best = new Best(5, 0);
    findSimilar(new Int8Array(4), Int8Array.from([1, 2, 3, 4]), 0, best);
    expect(best.tiles).toEqual([]);
    findSimilar(Int8Array.from([1, 2, 3, 4]), Int8Array.from([0, 0, 0, 0, 1, 2, 3, 4]), 0, best);
    expect(best.tiles).toEqual([1]);
  });
});
