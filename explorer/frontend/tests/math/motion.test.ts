import { describe, expect, it } from "vitest";
import { approach, easeInOut, smoothstep } from "../../src/math/easing";
import { nearestAngle, planFlight, viewAt } from "../../src/math/flight";
import { placeLabels, type LabelBox } from "../../src/math/labels";
import { Residence } from "../../src/math/residence";
import { cloneView, type View } from "../../src/math/view";
import { Navigator } from "../../src/scene/navigator";

const FROM: View = { pivot: [0, 0, 0], distance: 2, yaw: 3, pitch: 0.2 };
const TO: View = { pivot: [100, 0, 0], distance: 1, yaw: -3, pitch: -0.2 };

describe("easing", () => {
  it("starts and ends at rest, and goes half the way in half the time", () => {
    expect([easeInOut(0), easeInOut(0.5), easeInOut(1)]).toEqual([0, 0.5, 1]);
    expect(easeInOut(0.01)).toBeLessThan(0.001);
    expect(smoothstep(0, 1, 2)).toBe(1);
  });

  it("goes as far in many steps as in one", () => {
    const inOne = approach(100, 40);
    let left = 1;
    for (let k = 0; k < 10; k += 1) left *= 1 - approach(10, 40);
    expect(1 - left).toBeCloseTo(inOne, 9);
  });
});

describe("a flight", () => {
  it("begins where one is and ends where one wants to be", () => {
    const path = planFlight(FROM, TO);
    const view = cloneView(FROM);
    expect(viewAt(path, 0, view)).toMatchObject({ pivot: [0, 0, 0], distance: 2, yaw: 3 });
    viewAt(path, 1, view);
    expect(view.pivot).toEqual([100, 0, 0]);
    expect(view.distance).toBeCloseTo(1, 9);
    expect(Math.cos(view.yaw)).toBeCloseTo(Math.cos(-3), 9);
  });

  it("turns the short way round", () => {
    expect(nearestAngle(3, -3)).toBeCloseTo(2 * Math.PI - 3, 9);
    expect(nearestAngle(0.1, 0.3)).toBeCloseTo(0.3, 9);
  });

  it("rises on a long way, and not on a short one", () => {
    const middle = viewAt(planFlight(FROM, TO), 0.5, cloneView(FROM)).distance;
    expect(middle).toBeGreaterThan(10);
    const near: View = { ...TO, pivot: [0.1, 0, 0] };
    expect(viewAt(planFlight(FROM, near), 0.5, cloneView(FROM)).distance).toBeLessThan(2.1);
  });

  it("takes a calm time, however far", () => {
    expect(planFlight(FROM, FROM).durationMs).toBe(500);
    expect(planFlight(FROM, { ...TO, pivot: [1e6, 0, 0] }).durationMs).toBeLessThanOrEqual(2200);
  });
});

describe("the navigator", () => {
  const run = (navigator: Navigator, maxSteps = 1000): number => {
    let steps = 0;
    while (steps < maxSteps && navigator.step(16)) steps += 1;
    return steps;
  };

  it("flies to a view and then rests", () => {
    const navigator = new Navigator(FROM, 0.1, 1000);
    expect(navigator.step(16)).toBe(false);
    navigator.flyTo(TO);
    expect(run(navigator)).toBeGreaterThan(20);
    expect(navigator.view.pivot).toEqual([100, 0, 0]);
    expect(navigator.step(16)).toBe(false);
  });

  it("is there at once for those who want no motion", () => {
    const navigator = new Navigator(FROM, 0.1, 1000);
    navigator.reducedMotion = true;
    navigator.flyTo(TO);
    expect(navigator.step(16)).toBe(false);
    expect(navigator.view.pivot).toEqual([100, 0, 0]);
    navigator.release(0.005, 0);
    expect(navigator.step(16)).toBe(false);
  });

  it("glides after a drag, and comes to rest", () => {
    const navigator = new Navigator(FROM, 0.1, 1000);
    navigator.release(0.003, 0);
    const steps = run(navigator);
    expect(steps).toBeGreaterThan(10);
    expect(steps).toBeLessThan(120);
    expect(navigator.view.yaw).toBeGreaterThan(3.1);
  });

  it("lets the hand take over from a flight", () => {
    const navigator = new Navigator(FROM, 0.1, 1000);
    navigator.flyTo(TO);
    navigator.step(16);
    navigator.turn(0.1, 0);
    expect(navigator.isFlying).toBe(false);
    run(navigator);
    expect(navigator.view.pivot[0]).toBeLessThan(1);
  });

  it("flies while a key pushes, slower the nearer one is", () => {
    const travelled = (distance: number): number => {
      const navigator = new Navigator({ ...FROM, yaw: 0, pitch: 0, distance }, 0.01, 1000);
      navigator.push(0, 0, 1);
      for (let k = 0; k < 60; k += 1) navigator.step(16);
      navigator.push(0, 0, 0);
      expect(run(navigator)).toBeLessThan(80);
      return -navigator.view.pivot[2];
    };
    expect(travelled(2)).toBeGreaterThan(1);
    expect(travelled(2) / travelled(0.2)).toBeCloseTo(10, 3);
  });
});

describe("placing names", () => {
  const box = (x: number, y: number, priority: number): LabelBox => ({ x, y, halfWidth: 40, halfHeight: 10, priority, placed: false });
  const place = (boxes: LabelBox[], obstacles: Parameters<typeof placeLabels>[2] = []): boolean[] => {
    placeLabels(boxes, boxes.map((_, i) => i), obstacles);
    return boxes.map((one) => one.placed);
  };

  it("lets the more important of two that overlap stand", () => {
    expect(place([box(0, 0, 1), box(30, 5, 2), box(200, 0, 1)])).toEqual([false, true, true]);
  });

  it("keeps a gap", () => {
    expect(place([box(0, 0, 2), box(83, 0, 1)])).toEqual([true, false]);
    expect(place([box(0, 0, 2), box(87, 0, 1)])).toEqual([true, true]);
  });

  it("never lets two overlap, among hundreds", () => {
    const boxes = Array.from({ length: 300 }, (_, i) => box((i * 7919) % 1400, (i * 104729) % 900, 1 + (i % 17)));
    place(boxes);
    const placed = boxes.filter((one) => one.placed);
    expect(placed.length).toBeGreaterThan(30);
    for (const a of placed) {
      for (const b of placed) {
        if (a !== b) expect(Math.abs(a.x - b.x) >= 80 || Math.abs(a.y - b.y) >= 20).toBe(true);
      }
    }
  });

  it("keeps out of what lies over the canvas, and leaves out what has no priority", () => {
    expect(place([box(50, 50, 1), box(500, 50, 1), box(900, 50, 0)], [{ x0: 0, y0: 0, x1: 100, y1: 800 }])).toEqual([false, true, false]);
  });
});

describe("who lives in the layers of a texture", () => {
  it("gives free layers first, then the one wanted longest ago", () => {
    const residence = new Residence(2);
    residence.begin();
    expect(residence.settle(10, 1)).toBe(0);
    expect(residence.settle(11, 1)).toBe(1);
    residence.begin();
    residence.want(11, 1);
    expect(residence.settle(12, 1)).toBe(0);
    expect([residence.layerOf(10), residence.layerOf(11), residence.layerOf(12)]).toEqual([-1, 1, 0]);
  });

  it("does not let two rivals chase each other out", () => {
    const residence = new Residence(1);
    residence.begin();
    residence.settle(1, 10);
    residence.begin();
    residence.want(1, 10);
    expect(residence.settle(2, 15)).toBe(-1);
    expect(residence.settle(3, 25)).toBe(0);
    expect(residence.layerOf(1)).toBe(-1);
  });

  it("never says that a thing lives where another does", () => {
    const residence = new Residence(4);
    for (let k = 0; k < 500; k += 1) {
      residence.begin();
      const thing = (k * 37) % 23;
      if (!residence.want(thing, 1)) residence.settle(thing, 1);
      if (k % 5 === 0) residence.release((k * 11) % 23);
      for (let other = 0; other < 23; other += 1) {
        const layer = residence.layerOf(other);
        if (layer >= 0) expect(residence.ownerOf(layer)).toBe(other);
      }
    }
  });
});
