import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawWorld } from "../../build/world";
import { cutMap, type MapCut } from "../../src/math/map";

/** Which longitude and latitude lie under a place of the frame, as a browser lays a background. */
function underneath({ size, offset }: MapCut, left: number, top: number): [longitude: number, latitude: number] {
  const share = (at: number, whole: number, shift: number): number => (at - ((100 - whole) * shift) / 100) / whole;
  return [share(left, size[0], offset[0]) * 360 - 180, 90 - share(top, size[1], offset[1]) * 180];
}

describe("the map around a landmark", () => {
  it.each([
    ["in Lyon", 45.76, 4.82],
    ["in Quito, on the equator", 0, -78.5],
    ["in Fiji, where east becomes west", -17.7, 178.1],
    ["in Ushuaia", -54.8, -68.3],
    ["at the south pole", -90, 0],
    ["on Svalbard", 78.2, 15.6],
  ])("has its mark on the place %s", (_, latitude, longitude) => {
    const cut = cutMap(latitude, longitude, 50, 2);
    const [x, y] = underneath(cut, ...cut.mark);
    expect(x).toBeCloseTo(longitude, 6);
    expect(y).toBeCloseTo(latitude, 6);
    expect(cut.mark[1]).toBeGreaterThanOrEqual(0);
    expect(cut.mark[1]).toBeLessThanOrEqual(100);
  });

  it("is true to scale at the place: a degree north is as long as a degree east at the equator", () => {
    const cut = cutMap(60, 10, 50, 2);
    const [west, north] = underneath(cut, 0, 0);
    const [east, south] = underneath(cut, 100, 100);
    expect(east - west).toBeCloseTo(50, 6);
    expect(north - south).toBeCloseTo((50 * Math.cos(Math.PI / 3)) / 2, 6);
  });

  it("never shows what lies beyond a pole", () => {
    const cut = cutMap(89, 0, 50, 2);
    expect(underneath(cut, 0, 0)[1]).toBeCloseTo(90, 6);
  });

  it("is drawn from world-atlas as it is installed (else: node build/world.ts)", () => {
    expect(readFileSync(new URL("../../src/ui/styles/world.svg", import.meta.url), "utf8")).toBe(drawWorld());
  });
});
