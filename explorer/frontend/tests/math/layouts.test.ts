import { describe, expect, it } from "vitest";
import { bringIn, listYoung } from "../../src/math/arrival";
import { flatSide, layFlat, mapDistance, mix } from "../../src/math/flat";
import { nearestTo } from "../../src/math/nearest";
import { ballsOf, flattenRegions } from "../../src/math/regions";
import { mainAxis, spinesOf } from "../../src/math/spine";
import type { Vec3 } from "../../src/math/view";

const row = (array: Float32Array, i: number): number[] => [...array.subarray(3 * i, 3 * i + 3)];

describe("lying flat", () => {
  it("puts the square's middle into the middle and its corners where they belong, nearly in one plane", () => {
    const out = new Float32Array(4 * 3);
    layFlat(Float32Array.from([10, 20, 14, 24, 12, 22]), { origin: [10, 20], extent: 4 }, 1, 100, 2, out);
    expect(row(out, 0)).toEqual([0, 0, 0]);
    expect(row(out, 1).slice(0, 2)).toEqual([-50, -50]);
    expect(row(out, 2).slice(0, 2)).toEqual([50, 50]);
    expect(row(out, 3).slice(0, 2)).toEqual([0, 0]);
    for (let i = 1; i < 4; i += 1) expect(Math.abs(out[3 * i + 2]!)).toBeLessThanOrEqual(0.3);
  });

  it("gives each picture a depth of its own, always the same", () => {
    const lay = (): Float32Array => {
      const out = new Float32Array(3 * 1000);
      layFlat(new Float32Array(2000), { origin: [0, 0], extent: 1 }, 0, 1, 1, out);
      return out;
    };
    const depths = new Set(Array.from({ length: 1000 }, (_, i) => lay()[3 * i + 2]));
    expect(depths.size).toBe(1000);
    expect(lay()).toEqual(lay());
  });

  it("has room for all pictures side by side", () => {
    expect(flatSide(80_984, 0.02) ** 2).toBeGreaterThan(80_984 * 0.02 ** 2);
  });

  it("goes straight from one layout to the other, and only for the rows that were asked for", () => {
    const out = Float32Array.from([9, 9, 9]);
    mix(Float32Array.from([0, 0, 0]), Float32Array.from([4, 4, 4]), 0.25, out, 1, 2);
    expect([...out]).toEqual([9, 1, 9]);
  });

  it("keeps the whole the whole and one picture one picture", () => {
    expect(mapDistance(100, 1, 100, 700)).toBeCloseTo(700);
    expect(mapDistance(1, 1, 100, 700)).toBeCloseTo(1);
    expect(mapDistance(0.5, 1, 100, 700)).toBe(0.5);
    expect(mapDistance(10, 1, 100, 10_000)).toBeCloseTo(100);
    expect(mapDistance(mapDistance(30, 1, 100, 700), 1, 700, 100)).toBeCloseTo(30);
  });
});

describe("regions laid flat", () => {
  // Two clusters far apart in space lie at -5 and 5 on the plane; one neighbourhood sits at the far end of the second.
  const n = 40;
  const space = new Float32Array(3 * n);
  const flat = new Float32Array(3 * n);
  const clusters = new Uint8Array(n);
  for (let i = 0; i < n; i += 1) {
    clusters[i] = i % 2;
    space.set([i % 2 === 0 ? -1 : 1, i / n, 0], 3 * i);
    flat.set([i % 2 === 0 ? -5 : 5, 3 * (i / n), 0], 3 * i);
  }
  const regions = [
    { cluster: 0, centroid: [-1, 0.5, 0], radius: 0.5 },
    { cluster: 1, centroid: [1, 0.5, 0], radius: 0.5 },
    { cluster: 1, centroid: [1, 1, 0], radius: 0.1 },
    { cluster: 7, centroid: [0, 0, 0], radius: 1 },
  ] as const;
  const balls = flattenRegions(regions, 2, { sample: Uint32Array.from({ length: n }, (_, i) => i), clusters, space, flat });

  it("lie where their points lie", () => {
    expect(balls[0]).toBe(-5);
    expect(balls[4]).toBe(5);
    expect(balls[5]).toBeCloseTo(1.5, 0);
    expect(balls[7]).toBeGreaterThan(0.9);
  });

  it("a neighbourhood where the point next to its middle lies", () => {
    expect([...balls.subarray(8, 10)]).toEqual([5, flat[3 * 39 + 1]]);
    expect(balls[11]).toBeGreaterThan(0);
  });

  it("one without a point has no reach, and so no name", () => {
    expect([...balls.subarray(12)]).toEqual([0, 0, 0, 0]);
  });

  it("lie in space as the manifest says", () => {
    expect([...ballsOf(regions).subarray(8, 12)]).toEqual([1, 1, 0, Math.fround(0.1)]);
  });
});

describe("the line through a cluster", () => {
  const helix = (n: number): Float32Array => Float32Array.from({ length: 3 * n }, (_, k) => {
    const t = Math.floor(k / 3) / n;
    return k % 3 === 0 ? 10 * t : k % 3 === 1 ? Math.sin(3 * t) : Math.cos(3 * t);
  });

  it("finds the direction in which points spread most", () => {
    const points = Array.from({ length: 50 }, (_, i): Vec3 => [0.01 * (i % 3), 0.01 * (i % 5), i]);
    expect(Math.abs(mainAxis(points)[2])).toBeCloseTo(1, 4);
  });

  it("runs along the cluster, bends with it, and turns no corner", () => {
    const positions = helix(600);
    const { ends, clusters } = spinesOf(positions, new Uint8Array(600).fill(4), Array.from({ length: 600 }, (_, i) => i));
    expect(new Set(clusters)).toEqual(new Set([4]));
    expect(ends.length).toBe(6 * clusters.length);
    for (let k = 0; k < ends.length; k += 3) {
      const t = ends[k]! / 10;
      expect(Math.hypot(ends[k + 1]! - Math.sin(3 * t), ends[k + 2]! - Math.cos(3 * t))).toBeLessThan(0.12);
    }
    // All the way through.
    expect(ends[0]).toBeLessThan(0.3);
    expect(ends.at(-3)).toBeGreaterThan(9.7);
    for (let k = 6; k < ends.length; k += 6) expect(row(ends, k / 3)).toEqual(row(ends, k / 3 - 1));
  });

  it("leaves out clusters that are too small to have a shape", () => {
    expect(spinesOf(helix(10), new Uint8Array(10), Array.from({ length: 10 }, (_, i) => i)).ends.length).toBe(0);
  });
});

describe("the points nearest to a place", () => {
  const positions = Float32Array.from([5, 0, 0, 1, 0, 0, 3, 0, 0, 2, 0, 0, 4, 0, 0]);
  it("come nearest first, only those that count, and no more than asked for", () => {
    expect(nearestTo(positions, [0, 0, 0], () => true, 3)).toEqual([1, 3, 2]);
    expect(nearestTo(positions, [0, 0, 0], (i) => i !== 3, 9)).toEqual([1, 2, 4, 0]);
    expect(nearestTo(positions, [0, 0, 0], () => false, 2)).toEqual([]);
  });
});

describe("newcomers", () => {
  const targets = Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const points = Uint32Array.from([0, 2, 4]);

  it("are looked for in all nodes of their trees, and not in the octree", () => {
    const parents = [-1, 0, 1, -1, 3, -1, 4];
    expect(listYoung(parents.map((parent) => ({ parent })))).toEqual([3, 4, 5, 6]);
    expect(listYoung([])).toEqual([]);
    expect(listYoung([{ parent: -1 }])).toEqual([0]);
    expect(listYoung([{ parent: -1 }, { parent: 0 }])).toEqual([]);
  });

  it("start outside the galaxy, end where they belong, and move nobody else", () => {
    const out = new Float32Array(5 * 3).fill(7);
    expect(bringIn(points, targets, 1, 0, out)).toBe(true);
    for (const i of points) expect(Math.hypot(...row(out, i))).toBeGreaterThan(2);
    expect(bringIn(points, targets, 1, 1500, out)).toBe(false);
    points.forEach((i, k) => { expect(row(out, i)).toEqual(row(targets, k)); });
    expect(row(out, 1)).toEqual([7, 7, 7]);
  });

  it("come one after the other", () => {
    const out = new Float32Array(5 * 3);
    bringIn(points, targets, 1, 700, out);
    expect(Math.hypot(...row(out, 0))).toBeLessThan(Math.hypot(...row(out, 4)));
  });

  it("one at the very middle comes too", () => {
    const out = new Float32Array(3);
    bringIn(Uint32Array.of(0), Float32Array.of(0, 0, 0), 1, 1500, out);
    expect([...out]).toEqual([0, 0, 0]);
  });
});
