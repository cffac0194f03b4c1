import { describe, expect, it } from "vitest";
import { mergeBalls } from "../../src/math/balls";
import { NodeChoice, type Tree } from "../../src/math/lod";
import { NO_PLACE, PartIndex, ROW_BITS } from "../../src/math/part_index";
import { emptyProjection, type Projection } from "../../src/math/project";

/** Looks along -z from a distance, 1000 × 800 px, focal length 800 px. */
function lookFrom(z: number, x = 0): Projection {
  const p = emptyProjection();
  Object.assign(p, { width: 1000, height: 800, focal: 800 });
  // x' = 800/500 (x - x0) / depth, y' = 800/400 y / depth, w = depth = z0 - z
  p.matrix.set([1.6, 0, 0, 0, 0, 2, 0, 0, 0, 0, -1, -1, -1.6 * x, 0, 0, z]);
  return p;
}

/** A root with two children left and right of the middle, the left one with a child of its own; and one node without a parent. */
const TREE: Tree = {
  n: Uint32Array.of(1000, 2000, 2000, 500, 100),
  balls: Float32Array.from([0, 0, 0, 10, -5, 0, 0, 5, 5, 0, 0, 5, -7, 0, 0, 2, 6, 0, 0, 1]),
};

function choose(p: Projection, maxPages: number, minPx = 0): number[] {
  const choice = new NodeChoice(TREE);
  choice.update(p, maxPages, 1000, minPx);
  return [...choice.order.subarray(0, choice.count)];
}

describe("choosing nodes", () => {
  it("takes all that fit, the largest on the screen first and parents before children", () => {
    expect(choose(lookFrom(40), 10)).toEqual([0, 1, 2, 3, 4]);
  });

  it("stops where the pool is full, but always has the root", () => {
    expect(choose(lookFrom(40), 4)).toEqual([0, 1]);
    expect(choose(lookFrom(40), 0)).toEqual([0]);
  });

  it("leaves out what is out of view, and what is too small to add anything", () => {
    // From near the right child, the left one's child lies off the screen.
    expect(choose(lookFrom(7, 7), 10)).not.toContain(3);
    expect(choose(lookFrom(40), 10, 40)).not.toContain(4);
  });

  it("never takes a child without its parent, wherever one looks from", () => {
    for (let z = -20; z < 60; z += 3) {
      for (let x = -12; x <= 12; x += 4) {
        for (let pages = 1; pages < 9; pages += 1) {
          const chosen = choose(lookFrom(z, x), pages);
          if (chosen.includes(3)) expect(chosen).toContain(1);
        }
      }
    }
  });
});

describe("balls", () => {
  it("grow to hold another, and stay when they hold it already", () => {
    const balls = Float32Array.from([0, 0, 0, 1, 4, 0, 0, 1, 0.5, 0, 0, 0.2]);
    mergeBalls(balls, 0, balls, 2);
    expect([...balls.subarray(0, 4)]).toEqual([0, 0, 0, 1]);
    mergeBalls(balls, 0, balls, 1);
    expect(balls[0]).toBeCloseTo(2, 5);
    expect(balls[3]).toBeCloseTo(3, 2);
    mergeBalls(balls, 2, balls, 0);
    expect(balls[8]).toBeCloseTo(2, 5);
    expect(balls[11]).toBeCloseTo(3, 2);
  });
});

describe("the part of a tile", () => {
  it("is the same as a search would find, gaps and odd beginnings included", () => {
    const parts = [{ first: 0, n: 4096 }, { first: 4096, n: 700 }, { first: 5000, n: 37 }, { first: 5037, n: 4096 }];
    const index = new PartIndex(parts);
    for (let tile = 0; tile < 10_000; tile += 7) {
      const expected = parts.findIndex((part) => tile >= part.first && tile < part.first + part.n);
      expect(index.partOf(tile)).toBe(expected);
      if (expected < 0) expect(index.placeOf(tile)).toBe(NO_PLACE);
      else expect([index.placeOf(tile) >>> ROW_BITS, index.placeOf(tile) & 4095]).toEqual([expected, tile - parts[expected]!.first]);
    }
    expect(new PartIndex([]).partOf(0)).toBe(-1);
  });
});
