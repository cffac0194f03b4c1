import type { Projection } from "./project";

/** Most points of one block: they follow each other on the Morton curve, so a block is a neighbourhood. */
export const BLOCK_SIZE = 256;

/** Bounding balls of runs of points within the octree's nodes: what lets a frame or a pick skip most of a large galaxy. */
export interface Blocks {
  readonly n: number;
  /** (n + 1): block b holds the points from first[b] up to first[b + 1]. */
  readonly first: Uint32Array;
  /** (n, 4): centre and radius. */
  readonly balls: Float32Array;
  /** (n): 1 where the block's points are drawn; the others are passed over. */
  readonly shown: Uint8Array;
  /** (nodes + 1): node k has the blocks from ofNode[k] up to ofNode[k + 1]. */
  readonly ofNode: Uint32Array;
}

/** The blocks of an octree whose nodes follow each other, all of them still without a ball and not shown. */
export function layBlocks(nodes: readonly { readonly first: number; readonly n: number }[]): Blocks {
  const ofNode = new Uint32Array(nodes.length + 1);
  nodes.forEach((node, k) => { ofNode[k + 1] = ofNode[k]! + Math.ceil(node.n / BLOCK_SIZE); });
  const n = ofNode[nodes.length]!;
  const first = new Uint32Array(n + 1);
  nodes.forEach((node, k) => {
    for (let b = ofNode[k]!; b < ofNode[k + 1]!; b += 1) first[b] = node.first + (b - ofNode[k]!) * BLOCK_SIZE;
  });
  const last = nodes.at(-1);
  first[n] = last === undefined ? 0 : last.first + last.n;
  return { n, first, balls: new Float32Array(4 * n), shown: new Uint8Array(n), ofNode };
}

/**
 * Balls around runs of `BLOCK_SIZE` points.
 *
 * @param positions - (n, 3), in Morton order
 * @returns (ceil(n / BLOCK_SIZE), 4): centre and radius
 */
export function ballsOf(positions: Float32Array): Float32Array {
  const n = positions.length / 3;
  const balls = new Float32Array(4 * Math.ceil(n / BLOCK_SIZE));
  for (let b = 0; 4 * b < balls.length; b += 1) putBall(positions, b * BLOCK_SIZE, Math.min(n, (b + 1) * BLOCK_SIZE), balls, b);
  return balls;
}

/** Writes the ball around the points from `first` up to `last` into row `b`. */
export function putBall(positions: Float32Array, first: number, last: number, balls: Float32Array, b: number): void {
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
 *
 * @param balls - (n, 4): centre and radius
 */
export function mayShow(balls: Float32Array, b: number, p: Projection, rect: Rect, maxDepth: number): boolean {
  const x = balls[4 * b]!;
  const y = balls[4 * b + 1]!;
  const z = balls[4 * b + 2]!;
  const radius = balls[4 * b + 3]!;
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

/** The depth of a ball's nearest place: under 0 where it reaches behind the camera. */
export function nearestDepth(balls: Float32Array, b: number, p: Projection): number {
  const m = p.matrix;
  const at = 4 * b;
  return m[3]! * balls[at]! + m[7]! * balls[at + 1]! + m[11]! * balls[at + 2]! + m[15]! - balls[at + 3]!;
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
