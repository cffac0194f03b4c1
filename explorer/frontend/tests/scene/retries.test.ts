import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Residence } from "../../src/math/residence";
import { Retries } from "../../src/scene/retries";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const listen = () => ({ onDue: vi.fn(), onStalled: vi.fn() });

describe("what failed", () => {
  it("may be asked for again after a pause that grows, and who waits is told", () => {
    const listener = listen();
    const retries = new Retries(listener);
    expect(retries.isDue(7, 0)).toBe(true);
    retries.failed(7, 0);
    expect([retries.isDue(7, 999), retries.isDue(7, 1000), retries.isDue(8, 0)]).toEqual([false, true, true]);
    vi.advanceTimersByTime(1000);
    expect(listener.onDue).toHaveBeenCalledTimes(1);
    retries.failed(7, 1000);
    expect([retries.isDue(7, 2999), retries.isDue(7, 3000)]).toEqual([false, true]);
    for (let k = 0; k < 20; k += 1) retries.failed(7, 0);
    expect(retries.isDue(7, 60_000)).toBe(true);
    retries.dispose();
  });

  it("is told to people when it goes on, and told off when something comes", () => {
    const listener = listen();
    const retries = new Retries(listener);
    for (const thing of [1, 2, 3]) retries.failed(thing, 0);
    expect(listener.onStalled).not.toHaveBeenCalled();
    retries.failed(1, 0);
    expect(listener.onStalled).toHaveBeenLastCalledWith(true);
    retries.succeeded(2);
    expect(listener.onStalled).toHaveBeenLastCalledWith(false);
    retries.dispose();
  });

  it("is asked for at once when somebody says so, and never after the end", () => {
    const listener = listen();
    const retries = new Retries(listener);
    retries.failed(1, 0);
    retries.reset();
    expect(retries.isDue(1, 0)).toBe(true);
    expect(listener.onDue).toHaveBeenCalledTimes(1);
    retries.dispose();
    vi.advanceTimersByTime(100_000);
    expect(listener.onDue).toHaveBeenCalledTimes(1);
  });
});

describe("layers", () => {
  it("go to the worthier half as much again, the evicted one is named, and a thing has one layer at most", () => {
    const residence = new Residence(2);
    const evicted: number[] = [];
    const frame = (wants: readonly (readonly [thing: number, worth: number])[]): number[] => {
      residence.begin();
      const missing = wants.filter(([thing, worth]) => !residence.want(thing, worth));
      return missing.map(([thing, worth]) => residence.settle(thing, worth, (gone) => evicted.push(gone)));
    };
    expect(frame([[10, 5], [11, 8]])).toEqual([0, 1]);
    expect(frame([[10, 5], [11, 8], [12, 9]])).toEqual([-1]);
    expect(frame([[10, 5], [11, 8], [12, 11]])).toEqual([0]);
    expect(evicted).toEqual([10]);
    expect([10, 11, 12].map((thing) => residence.layerOf(thing))).toEqual([-1, 1, 0]);
  });
});
