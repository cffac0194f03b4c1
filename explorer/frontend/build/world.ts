/**
 * Draws src/ui/styles/world.svg, the map that landmarks are marked on: `node build/world.ts` after another version of
 * world-atlas is installed. A test compares the file with what this draws.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Units of a degree: finer than the outlines of 1:110,000,000 are drawn, coarse enough for two digits a step. */
const UNITS = 20;
const ROUND = 360 * UNITS;
const PACKAGE = new URL("../node_modules/world-atlas/", import.meta.url);
const DRAWING = fileURLToPath(new URL("../src/ui/styles/world.svg", import.meta.url));

type Line = readonly (readonly [x: number, y: number])[];
/** One a polygon: its rings, each the numbers of the arcs it goes along; `~number` goes along it backwards. */
type Rings = readonly (readonly number[])[];
type Geometry = { readonly type: "Polygon"; readonly arcs: Rings } | { readonly type: "MultiPolygon"; readonly arcs: readonly Rings[] };

/** What we read of TopoJSON (https://github.com/topojson/topojson-specification). */
interface Topology {
  readonly transform: { readonly scale: readonly [number, number]; readonly translate: readonly [number, number] };
  readonly arcs: readonly Line[];
  readonly objects: Readonly<Record<"countries" | "land", { readonly geometries: readonly Geometry[] }>>;
}

/** The map as SVG: 360 × 180 degrees, equirectangular; land, and the borders between countries. */
export function drawWorld(): string {
  const world = JSON.parse(readFileSync(new URL("countries-110m.json", PACKAGE), "utf8")) as Topology;
  const { version } = JSON.parse(readFileSync(new URL("package.json", PACKAGE), "utf8")) as { version: string };
  const lines = world.arcs.map((arc) => unpack(arc, world.transform));
  const ringsOf = (name: "countries" | "land"): Rings =>
    world.objects[name].geometries.flatMap((one) => (one.type === "Polygon" ? one.arcs : one.arcs.flat()));
  const land = ringsOf("land").flatMap((ring) => closed(ring.flatMap((arc, i) => (arc < 0 ? lines[~arc]!.toReversed() : lines[arc]!).slice(i === 0 ? 0 : 1))));
  const coast = new Set(ringsOf("land").flat().map(plain));
  const borders = [...new Set(ringsOf("countries").flat().map(plain))].filter((arc) => !coast.has(arc)).map((arc) => path(lines[arc]!));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${ROUND} ${ROUND / 2}" preserveAspectRatio="none">`,
    `<!-- Made by build/world.ts from world-atlas ${version} (ISC) and Natural Earth (public domain). -->`,
    `<path fill="#39445c" d="${land.map((ring) => `${path(ring)}z`).join("")}"/>`,
    `<path fill="none" stroke="#141a27" stroke-width="1" vector-effect="non-scaling-stroke" d="${borders.join("")}"/>`,
    "</svg>\n",
  ].join("\n");
}

const plain = (arc: number): number => (arc < 0 ? ~arc : arc);

/** An arc's steps as places of the drawing, x from 180° west, y from the north pole. */
function unpack(arc: Line, { scale, translate }: Topology["transform"]): Line {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    x += dx;
    y += dy;
    return [Math.round((x * scale[0] + translate[0] + 180) * UNITS), Math.round((90 - y * scale[1] - translate[1]) * UNITS)];
  });
}

/**
 * A ring as it is filled. One that crosses 180° goes on beyond the edge, and is drawn at both edges; only around the
 * south pole a ring does not come back to where it began, and is closed along the bottom.
 */
function closed(ring: Line): Line[] {
  let [shift, before] = [0, ring[0]![0]];
  const whole: Line = ring.map(([x, y]) => {
    if (Math.abs(x - before) > ROUND / 2) shift -= ROUND * Math.sign(x - before);
    before = x;
    return [x + shift, y];
  });
  if (shift !== 0) return [ring];
  const other = whole.some(([x]) => x < 0) ? ROUND : whole.some(([x]) => x > ROUND) ? -ROUND : 0;
  return other === 0 ? [whole] : [whole, whole.map(([x, y]) => [x + other, y])];
}

/** A line as SVG: where it starts, then steps. Places that fall together are drawn once; what is but a place, not at all. */
function path(line: Line): string {
  const [[x, y], ...rest] = line as [readonly [number, number], ...(readonly [number, number])[]];
  let [fromX, fromY] = [x, y];
  const steps = rest.flatMap(([toX, toY]) => {
    const step = [toX - fromX, toY - fromY];
    [fromX, fromY] = [toX, toY];
    return step[0] === 0 && step[1] === 0 ? [] : [step.join(" ")];
  });
  return steps.length === 0 ? "" : `M${x} ${y}l${steps.join(" ")}`.replaceAll(" -", "-");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DRAWING, drawWorld());
