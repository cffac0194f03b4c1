import { describe, expect, it } from "vitest";
import { Cover } from "../../src/math/cover";

function fresh(): Cover {
  const cover = new Cover();
  cover.begin(960, 480);
  return cover;
}

describe("what lies behind pictures", () => {
  it("hides nothing on an empty canvas", () => {
    expect(fresh().hides(480, 240, 10, 10)).toBe(false);
  });

  it("hides a small picture behind the middle of a large one, and not one that sticks out", () => {
    const cover = fresh();
    cover.add(480, 240, 200, 150);
    expect(cover.hides(480, 240, 60, 60)).toBe(true);
    expect(cover.hides(680, 240, 60, 60)).toBe(false);
  });

  it("never hides what could show at an edge: cells count only when they lie wholly inside", () => {
    const cover = fresh();
    cover.add(480, 240, 101, 101);
    for (let x = 300; x < 660; x += 1) {
      if (cover.hides(x, 240, 5, 5)) expect(Math.abs(x - 480) + 5).toBeLessThanOrEqual(101);
    }
  });

  it("hides behind several together", () => {
    const cover = fresh();
    cover.add(240, 240, 240, 240);
    cover.add(720, 240, 240, 240);
    expect(cover.hides(480, 240, 100, 100)).toBe(true);
  });

  it("begins each frame anew, at another size, too", () => {
    const cover = fresh();
    cover.add(480, 240, 480, 240);
    cover.begin(480, 960);
    expect(cover.hides(240, 480, 20, 20)).toBe(false);
  });

  it("hides what lies outside the canvas", () => {
    expect(fresh().hides(-100, 240, 20, 20)).toBe(true);
    expect(fresh().hides(480, 700, 20, 20)).toBe(true);
  });
});
