import { mayShow, type Rect } from "./blocks";
import { project, type Projection, type ScreenPoint } from "./project";
import { GIVE_WAY_TO } from "./sizes";
import type { World } from "./world";

const spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };

/**
 * The points drawn inside a closed line on the canvas, however far away they are.
 *
 * @param line - (k, 2) corners in CSS px; the last is joined to the first. What lies inside is told by the even-odd rule
 * @param isMeant - leaves out points that step back; absent: none does
 * @returns point numbers, ascending within each block
 */
export function pointsInLasso(world: World, p: Projection, line: Float32Array, isMeant?: (index: number) => boolean): number[] {
  const { positions, flags, blocks, sizes } = world;
  if (line.length < 6) return [];
  const bounds = boundsOf(line);
  const gone = GIVE_WAY_TO * Math.min(p.width, p.height);
  const inside: number[] = [];
  for (let b = 0; b < blocks.n; b += 1) {
    if (blocks.shown[b] === 0 || !mayShow(blocks.balls, b, p, bounds, Infinity)) continue;
    for (let i = blocks.first[b]!; i < blocks.first[b + 1]!; i += 1) {
      if ((flags[i]! & 1) !== 0 || isMeant?.(i) === false) continue;
      if (!project(p, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!, spot)) continue;
      // So near that it is not drawn.
      if (sizes.picture * spot.scale >= gone) continue;
      if (isInside(line, spot.x, spot.y)) inside.push(i);
    }
  }
  return inside;
}

/** Whether a place lies inside a closed line, by the even-odd rule: a ray to the right crosses it an odd number of times. */
export function isInside(line: Float32Array, x: number, y: number): boolean {
  let odd = false;
  for (let k = 0, last = line.length - 2; k < line.length; last = k, k += 2) {
    const [x0, y0, x1, y1] = [line[last]!, line[last + 1]!, line[k]!, line[k + 1]!];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) odd = !odd;
  }
  return odd;
}

function boundsOf(line: Float32Array): Rect {
  const bounds = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let k = 0; k < line.length; k += 2) {
    bounds.x0 = Math.min(bounds.x0, line[k]!);
    bounds.x1 = Math.max(bounds.x1, line[k]!);
    bounds.y0 = Math.min(bounds.y0, line[k + 1]!);
    bounds.y1 = Math.max(bounds.y1, line[k + 1]!);
  }
  return bounds;
}
