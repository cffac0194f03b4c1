import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

const CSS = readFileSync(fileURLToPath(new URL("../../src/ui/styles/tokens.css", import.meta.url)), "utf8");

function parse(colour: string): Rgba {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (hex !== null) return [...[0, 2, 4].map((at) => parseInt(hex[1]!.slice(at, at + 2), 16)), 1] as unknown as Rgba;
  const rgb = /^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/.exec(colour);
  if (rgb === null) throw new Error(`Expected #rrggbb or rgb(r g b / a%), got ${colour}.`);
  return [Number(rgb[1]), Number(rgb[2]), Number(rgb[3]), Number(rgb[4]) / 100];
}

/** name → [in light, in dark] */
const TOKENS = new Map([...CSS.matchAll(/--([a-z-]+): light-dark\((.+?), (#[0-9a-f]{6}|rgb\([^)]*\))\);/g)].map(([, name, light, dark]) => [name!, [parse(light!), parse(dark!)] as const]));

/** WCAG 2: relative luminance and contrast. */
function luminance([red, green, blue]: Rgba): number {
  const linear = (value: number): number => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function contrast(a: Rgba, b: Rgba): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** A colour laid over an opaque one. */
function over([red, green, blue, alpha]: Rgba, below: Rgba): Rgba {
  return [red * alpha + below[0] * (1 - alpha), green * alpha + below[1] * (1 - alpha), blue * alpha + below[2] * (1 - alpha), 1];
}

const WHITE: Rgba = [255, 255, 255, 1];
const BLACK: Rgba = [0, 0, 0, 1];

describe.each([["light", 0], ["dark", 1]] as const)("in %s", (_name, which) => {
  const token = (name: string): Rgba => {
    const found = TOKENS.get(name);
    if (found === undefined) throw new Error(`Expected --${name} in tokens.css, found none.`);
    return found[which];
  };
  const solid = token("glass-solid");
  /** Whatever words stand on: the sky, panels, and panels over the worst that may lie behind them. */
  const grounds: Readonly<Record<string, Rgba>> = {
    night: token("night"),
    "sky-near": token("sky-near"),
    "sky-far": token("sky-far"),
    veil: token("veil"),
    "glass-solid": solid,
    "glass-thick over white": over(token("glass-thick"), WHITE),
    "glass-thick over black": over(token("glass-thick"), BLACK),
    "glass over the sky": over(token("glass"), token("sky-middle")),
    "lift on glass": over(token("lift"), solid),
    "well on glass": over(token("well"), solid),
  };

  it.each(Object.entries(grounds))("words can be read on %s", (_ground, ground) => {
    for (const name of ["text", "quiet"]) expect(contrast(token(name), ground), name).toBeGreaterThanOrEqual(4.5);
  });

  it("words can be read on what is chosen", () => {
    const chosen = over(token("lift-more"), solid);
    expect(contrast(token("text"), chosen)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(token("quiet"), chosen)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["focus", "bar", "switched", "objects", "faces", "text-lines", "places", "strong"])("what is told by --%s can be seen", (name) => {
    expect(contrast(token(name), solid)).toBeGreaterThanOrEqual(3);
    expect(contrast(token(name), token("night"))).toBeGreaterThanOrEqual(3);
  });
});

it("every colour of the page is a token for both", () => {
  expect(TOKENS.size).toBe([...CSS.matchAll(/--[a-z-]+:/g)].length);
  expect(TOKENS.size).toBeGreaterThan(25);
});
