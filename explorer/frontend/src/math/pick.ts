import { mayShow, nearestDepth, type Rect } from "./blocks";
import { project, type Projection, type ScreenPoint } from "./project";
import { GIVE_WAY_TO, MIN_DISC_PX } from "./sizes";
import type { World } from "./world";

/** What a pick looks at. The same numbers that the passes draw from. */
export interface PickScene {
  readonly world: World;
  /**
   * Half width and half height of the picture drawn over a point, in shares of the picture size; zeros where only the disc is drawn.
   * `px`: the longer side of a picture there, CSS px.
   */
  readonly extent: (index: number, px: number, out: Extent) => void;
  /** The point whose picture is drawn over all others, or -1. */
  front: number;
}

export interface Extent {
  w: number;
  h: number;
}

/** How far, in CSS px, a click may miss a disc. */
export const TOLERANCE_PX = 6;

const spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
const area: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };
const half: Extent = { w: 0, h: 0 };

/**
 * The point whose drawing lies frontmost under a place on the canvas, or -1. Pictures count by their rectangle, points by
 * their disc; only where nothing is hit does the nearest disc within the tolerance count.
 *
 * @param tolerancePx - how far beside a disc still counts
 */
export function pickAt(scene: PickScene, p: Projection, x: number, y: number, tolerancePx = TOLERANCE_PX): number {
  const { positions, flags, blocks, sizes } = scene.world;
  const gone = GIVE_WAY_TO * Math.min(p.width, p.height);
  let hit = -1;
  let hitDepth = Infinity;
  let near = -1;
  let nearMiss = tolerancePx;
  for (let b = 0; b < blocks.n; b += 1) {
    if (blocks.shown[b] === 0) continue;
    const first = blocks.first[b]!;
    const last = blocks.first[b + 1]!;
    const holdsFront = scene.front >= first && scene.front < last;
    const depth = nearestDepth(blocks.balls, b, p);
    if (depth > hitDepth && !holdsFront) continue;
    // A picture's centre may lie off the cursor by half its size; its block's ball is widened by that, in px at its nearest.
    const margin = tolerancePx + MIN_DISC_PX + (0.5 * sizes.picture * p.focal) / Math.max(depth, 1e-3 * sizes.picture);
    area.x0 = x - margin;
    area.x1 = x + margin;
    area.y0 = y - margin;
    area.y1 = y + margin;
    if (!mayShow(blocks.balls, b, p, area, holdsFront ? Infinity : hitDepth)) continue;
    for (let i = first; i < last; i += 1) {
      if ((flags[i]! & 1) !== 0) continue;
      if (!project(p, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!, spot)) continue;
      const size = sizes.picture * spot.scale;
      if (size >= gone) continue;
      const dx = Math.abs(spot.x - x);
      const dy = Math.abs(spot.y - y);
      scene.extent(i, size, half);
      const inPicture = dx <= half.w * size && dy <= half.h * size;
      if (inPicture && i === scene.front) return i;
      const miss = Math.hypot(dx, dy) - Math.max(MIN_DISC_PX, sizes.disc * spot.scale);
      if (inPicture || miss <= 0) {
        if (spot.depth < hitDepth) {
          hit = i;
          hitDepth = spot.depth;
        }
      } else if (miss < nearMiss) {
        near = i;
        nearMiss = miss;
      }
    }
  }
  return hit >= 0 ? hit : near;
}
