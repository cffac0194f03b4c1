import { describe, expect, it } from "vitest";
import { layBlocks, putBall } from "../../src/math/blocks";
import { isInside, pointsInLasso } from "../../src/math/lasso";
import { emptyProjection } from "../../src/math/project";
import type { World } from "../../src/math/world";

/** Points on a plane before the camera: world units are hundredths of the canvas's 800 px. */
function worldOf(places: readonly (readonly [number, number, number])[], flags: readonly number[] = []): World {
  const positions = Float32Array.from(places.flat());
  const blocks = layBlocks([{ first: 0, n: places.length }]);
  for (let b = 0; b < blocks.n; b += 1) putBall(positions, blocks.first[b]!, blocks.first[b + 1]!, blocks.balls, b);
  blocks.shown.fill(1);
  return { positions, flags: Uint8Array.from({ length: places.length }, (_, i) => flags[i] ?? 0), blocks, sizes: { radius: 10, picture: 0.1, disc: 0.02 } };
}

function ahead() {
  const p = emptyProjection();
  Object.assign(p, { width: 800, height: 800, focal: 800 });
  p.matrix.set([2, 0, 0, 0, 0, 2, 0, 0, 0, 0, -1, -1, 0, 0, 0, 0]);
  return p;
}

const SQUARE = Float32Array.from([300, 300, 500, 300, 500, 500, 300, 500]);

describe("a line drawn around pictures", () => {
  it("means what lies inside, near and far, and nothing outside, behind or gone", () => {
    const world = worldOf([[0, 0, -4], [0.4, 0, -4], [0, 0, -40], [3, 0, -4], [0, 0, 4], [0.1, 0, -4]], [0, 0, 0, 0, 0, 1]);
    expect(pointsInLasso(world, ahead(), SQUARE)).toEqual([0, 1, 2]);
  });

  it("passes over what steps back", () => {
    const world = worldOf([[0, 0, -4], [0.2, 0, -4]]);
    expect(pointsInLasso(world, ahead(), SQUARE, (index) => index === 1)).toEqual([1]);
  });

  it("means nothing while it is a stroke", () => {
    expect(pointsInLasso(worldOf([[0, 0, -4]]), ahead(), Float32Array.from([0, 0, 800, 800]))).toEqual([]);
  });

  it("leaves out the hole of a line that runs around itself", () => {
    const ring = Float32Array.from([0, 0, 9, 0, 9, 9, 0, 9, 0, 0, 3, 3, 3, 6, 6, 6, 6, 3, 3, 3]);
    expect([isInside(ring, 1, 5), isInside(ring, 5, 5), isInside(ring, 12, 5)]).toEqual([true, false, false]);
  });
});
