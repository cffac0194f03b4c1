import type { Projection } from "./project";

/** Points of one block: they follow each other on the Morton curve, so a block is a neighbourhood. */
export const BLOCK_SIZE = 256;

/** Bounding balls of consecutive runs of points: what lets a frame or a pick skip most of a large galaxy. */
export interface Blocks {
  readonly n: number;
  /** (n, 4): centre and radius. */
  readonly balls: Float32Array;
}

/** @param positions - (n, 3), in Morton order */
export function buildBlocks(positions: Float32Array): Blocks {
  const nPoints = positions.length / 3;
  const n = Math.ceil(nPoints / BLOCK_SIZE);
  const balls = new Float32Array(n * 4);
  for (let b = 0; b < n; b += 1) {
    const first = b * BLOCK_SIZE;
    const last = Math.min(nPoints, first + BLOCK_SIZE);
    for (let axis = 0; axis < 3; axis += 1) {
      let low = Infinity;
      let high = -Infinity;
      for (let i = first; i < last; i += 1) {
        const value = positions[3 * i + axis]!;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      balls[4 * b + axis] = (low + high) / 2;
    }
    let radius = 0;
    for (let i = first; i < last; i += 1) {
      const dx = positions[3 * i]! - balls[4 * b]!;
      const dy = positions[3 * i + 1]! - balls[4 * b + 1]!;
      const dz = positions[3 * i + 2]! - balls[4 * b + 2]!;
      radius = Math.max(radius, Math.sqrt(dx * dx + dy * dy + dz * dz));
    }
    // Float32 rounds; a hair more keeps every point inside.
    balls[4 * b + 3] = radius * 1.0001;
  }
  return { n, balls };
}

/** A rectangle of the canvas in CSS px. */
export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/**
 * Whether a ball may show inside a rectangle of the canvas and nearer than `maxDepth`. Errs on the side of yes.
 * The ball's silhouette is bounded by its radius over its nearest depth.
 */
export function mayShow(blocks: Blocks, b: number, p: Projection, rect: Rect, maxDepth: number): boolean {
  const x = blocks.balls[4 * b]!;
  const y = blocks.balls[4 * b + 1]!;
  const z = blocks.balls[4 * b + 2]!;
  const radius = blocks.balls[4 * b + 3]!;
  const m = p.matrix;
  const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
  if (w + radius <= 0 || w - radius > maxDepth) return false;
  if (w - radius <= radius) return true;
  const sx = ((m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w + 1) * 0.5 * p.width;
  const sy = (1 - (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w) * 0.5 * p.height;
  // Off the axis a ball's silhouette is an ellipse; 1 / cos² of the half field of view (50°, wide screens 80°) is under 2.
  const reach = (2 * radius * p.focal) / (w - radius);
  return sx + reach >= rect.x0 && sx - reach <= rect.x1 && sy + reach >= rect.y0 && sy - reach <= rect.y1;
}

/**
 * The median distance from a point to its nearest neighbour, from a sample: neighbours in space are mostly neighbours
 * on the Morton curve, so each of up to `nSamples` points is compared with the `reach` before and after it.
 */
export function typicalSpacing(positions: Float32Array, nSamples = 512, reach = 64): number {
  const n = positions.length / 3;
  if (n < 2) return 0;
  const found: number[] = [];
  const step = Math.max(1, Math.floor(n / nSamples));
  for (let i = 0; i < n; i += step) {
    let best = Infinity;
    for (let j = Math.max(0, i - reach); j < Math.min(n, i + reach + 1); j += 1) {
      if (j === i) continue;
      const dx = positions[3 * i]! - positions[3 * j]!;
      const dy = positions[3 * i + 1]! - positions[3 * j + 1]!;
      const dz = positions[3 * i + 2]! - positions[3 * j + 2]!;
      best = Math.min(best, dx * dx + dy * dy + dz * dz);
    }
    found.push(Math.sqrt(best));
  }
  found.sort((a, b) => a - b);
  return found[Math.floor(found.length / 2)]!;
}
