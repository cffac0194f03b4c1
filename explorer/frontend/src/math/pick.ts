import { BLOCK_SIZE, mayShow, type Blocks, type Rect } from "./blocks";
import { project, type Projection, type ScreenPoint } from "./project";
import { GIVE_WAY_TO, MIN_DISC_PX, type Sizes } from "./sizes";

/** What a pick looks at. The same numbers that the passes draw from. */
export interface PickScene {
  readonly positions: Float32Array;
  readonly blocks: Blocks;
  readonly sizes: Sizes;
  /** Per point: the half width and half height of the picture drawn over it, in shares of the picture size; 0 where only the disc is drawn. */
  readonly halfWidth: (index: number) => number;
  readonly halfHeight: (index: number) => number;
  /** The point whose picture is drawn over all others, or -1. */
  front: number;
}

/** How far, in CSS px, a click may miss a disc. */
export const TOLERANCE_PX = 6;

const spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
const area: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };

/**
 * The point whose drawing lies frontmost under a place on the canvas, or -1. Pictures count by their rectangle, points by
 * their disc; only where nothing is hit does the nearest disc within the tolerance count.
 *
 * @param tolerancePx - how far beside a disc still counts
 */
export function pickAt(scene: PickScene, p: Projection, x: number, y: number, tolerancePx = TOLERANCE_PX): number {
  const { positions, blocks, sizes } = scene;
  const n = positions.length / 3;
  const gone = GIVE_WAY_TO * Math.min(p.width, p.height);
  let hit = -1;
  let hitDepth = Infinity;
  let near = -1;
  let nearMiss = tolerancePx;
  for (let b = 0; b < blocks.n; b += 1) {
    // A picture's centre may lie off the cursor by half its size; its block's ball is widened by that, in px at its nearest.
    const depth = nearestDepth(blocks, b, p);
    if (depth > hitDepth) continue;
    const margin = tolerancePx + MIN_DISC_PX + (0.5 * sizes.picture * p.focal) / Math.max(depth, 1e-3 * sizes.picture);
    area.x0 = x - margin;
    area.x1 = x + margin;
    area.y0 = y - margin;
    area.y1 = y + margin;
    if (!mayShow(blocks, b, p, area, holdsFront(b, scene.front) ? Infinity : hitDepth)) continue;
    const last = Math.min(n, (b + 1) * BLOCK_SIZE);
    for (let i = b * BLOCK_SIZE; i < last; i += 1) {
      if (!project(p, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!, spot)) continue;
      const size = sizes.picture * spot.scale;
      if (size >= gone) continue;
      const dx = Math.abs(spot.x - x);
      const dy = Math.abs(spot.y - y);
      const inPicture = dx <= scene.halfWidth(i) * size && dy <= scene.halfHeight(i) * size;
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

function holdsFront(block: number, front: number): boolean {
  return front >= 0 && Math.floor(front / BLOCK_SIZE) === block;
}

function nearestDepth(blocks: Blocks, b: number, p: Projection): number {
  const m = p.matrix;
  const at = 4 * b;
  const w = m[3]! * blocks.balls[at]! + m[7]! * blocks.balls[at + 1]! + m[11]! * blocks.balls[at + 2]! + m[15]!;
  return w - blocks.balls[at + 3]!;
}
