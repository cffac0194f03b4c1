import { describe, expect, it } from "vitest";
import { Resolution } from "../../src/math/resolution";

function move(resolution: Resolution, elapsedMs: number, nFrames: number): number {
  let scale = 1;
  for (let k = 0; k < nFrames; k += 1) scale = resolution.next(true, elapsedMs);
  return scale;
}

describe("how fine to draw", () => {
  it("draws every pixel while the machine keeps up, and at rest", () => {
    const resolution = new Resolution();
    expect(move(resolution, 16, 100)).toBe(1);
    expect(resolution.next(false, 16)).toBe(1);
  });

  it("draws coarser in steps when frames take long, and never under half the pixels a side", () => {
    const resolution = new Resolution();
    expect(move(resolution, 60, 5)).toBe(0.7);
    expect(move(resolution, 60, 4)).toBe(0.5);
    expect(move(resolution, 60, 40)).toBe(0.5);
  });

  it("is sharp again with the first frame at rest, and remembers for the next movement", () => {
    const resolution = new Resolution();
    move(resolution, 60, 9);
    expect(resolution.next(false, 60)).toBe(1);
    expect(resolution.next(true, 16)).toBe(0.5);
  });

  it("comes back when there is time to spare, and stays where a frame is about right", () => {
    const resolution = new Resolution();
    move(resolution, 60, 9);
    expect(move(resolution, 22, 12)).toBe(0.5);
    expect(move(resolution, 8, 8)).toBe(1);
  });

  it("does not judge by the pause before a movement", () => {
    const resolution = new Resolution();
    for (let k = 0; k < 20; k += 1) {
      resolution.next(true, 100);
      resolution.next(false, 16);
    }
    expect(resolution.next(true, 16)).toBe(1);
  });
});
