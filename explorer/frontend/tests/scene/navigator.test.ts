import { describe, expect, it } from "vitest";
import { planFlight } from "../../src/math/flight";
import type { View } from "../../src/math/view";
import { Navigator } from "../../src/scene/navigator";

const HOME: View = { pivot: [0, 0, 0], distance: 10, yaw: 0.5, pitch: -0.2 };
const FRAME_MS = 16;
const make = (view = HOME): Navigator => new Navigator(view, 0.5, 100);
/** Steps until it rests; how many milliseconds that took. */
function rest(navigator: Navigator, limitMs = 10_000): number {
  let elapsed = 0;
  while (navigator.step(FRAME_MS) && elapsed < limitMs) elapsed += FRAME_MS;
  return elapsed;
}

describe("moving about in space", () => {
  it("glides on after a drag, and comes to rest", () => {
    const navigator = make();
    navigator.turn(0.1, 0);
    navigator.release(0.003, 0);
    expect(rest(navigator)).toBeGreaterThan(200);
    expect(navigator.view.yaw).toBeGreaterThan(0.7);
  });

  it("flies three times as fast with Shift", () => {
    const wayOf = (hurries: boolean): number => {
      const navigator = make({ ...HOME, yaw: 0, pitch: 0 });
      navigator.push(0, 0, 1, hurries);
      for (let i = 0; i < 60; i += 1) navigator.step(FRAME_MS);
      return -navigator.view.pivot[2];
    };
    expect(wayOf(true) / wayOf(false)).toBeCloseTo(3, 1);
  });

  it("with less motion is there at once, and glides nowhere", () => {
    const navigator = make();
    navigator.reducedMotion = true;
    navigator.drift = 0.05;
    navigator.flyTo({ ...HOME, distance: 2 });
    navigator.step(FRAME_MS);
    expect(navigator.view.distance).toBeCloseTo(2);
    navigator.release(0.003, 0.003);
    navigator.releasePan(0.01, 0.01);
    expect(navigator.step(FRAME_MS)).toBe(false);
  });

  it("takes a tour's flights slowly, and drifts when it has arrived", () => {
    const navigator = make();
    navigator.flyTo({ ...HOME, distance: 5 });
    const usual = rest(navigator);
    const slow = make();
    slow.flyTo({ ...HOME, distance: 5 }, 2);
    expect(rest(slow)).toBeGreaterThan(1.9 * usual);
    slow.drift = 0.1;
    for (let i = 0; i < 10; i += 1) expect(slow.step(100)).toBe(true);
    expect(slow.view.yaw).toBeCloseTo(HOME.yaw + 0.1);
  });

  it("is where a link says without flying", () => {
    const navigator = make();
    navigator.jumpTo({ pivot: [1, 2, 3], distance: 4, yaw: 5, pitch: 0.6 });
    expect(navigator.step(FRAME_MS)).toBe(false);
    expect(navigator.view).toEqual({ pivot: [1, 2, 3], distance: 4, yaw: 5, pitch: 0.6 });
  });
});

describe("moving about on the plane", () => {
  const above = (): Navigator => {
    const navigator = make({ pivot: [0, 0, 0], distance: 10, yaw: 0, pitch: 0 });
    navigator.isFlat = true;
    return navigator;
  };

  it("never turns", () => {
    const navigator = above();
    navigator.turn(1, 1);
    navigator.release(0.003, 0.003);
    navigator.drift = 1;
    expect(navigator.step(FRAME_MS)).toBe(false);
    expect(navigator.view).toMatchObject({ yaw: 0, pitch: 0 });
  });

  it("slides on after a drag", () => {
    const navigator = above();
    navigator.pan(1, 0);
    navigator.releasePan(0.01, 0);
    expect(rest(navigator)).toBeGreaterThan(200);
    expect(navigator.view.pivot[0]).toBeGreaterThan(1.5);
  });

  it("goes up by the keys that go forward in space, and nearer by those that go up, never through the plane", () => {
    const navigator = above();
    navigator.push(0, 0, 1);
    for (let i = 0; i < 30; i += 1) navigator.step(FRAME_MS);
    expect(navigator.view.pivot[1]).toBeGreaterThan(1);
    expect(navigator.view.distance).toBe(10);
    navigator.push(0, 1, 0, true);
    for (let i = 0; i < 1000; i += 1) navigator.step(FRAME_MS);
    expect(navigator.view.distance).toBe(0.5);
    expect(navigator.view.pivot[2]).toBe(0);
  });

  it("zooms down to the plane and no farther", () => {
    const navigator = above();
    for (let i = 0; i < 30; i += 1) {
      navigator.zoom(0.5, [2, 1, 0]);
      rest(navigator);
    }
    expect(navigator.view.distance).toBeCloseTo(0.5);
    expect(navigator.view.pivot[2]).toBeCloseTo(0);
    // What was under the pointer is still under it.
    expect(navigator.view.pivot[0]).toBeCloseTo(2 - 2 * 0.05);
  });
});

it("a flight that is planned elsewhere is flown as planned", () => {
  const navigator = make();
  navigator.flyAlong({ ...planFlight(HOME, { ...HOME, pivot: [5, 0, 0] }), rise: 0, durationMs: 1200 });
  expect(Math.abs(rest(navigator) - 1200)).toBeLessThan(2 * FRAME_MS);
  expect(navigator.view.distance).toBeCloseTo(10);
});
