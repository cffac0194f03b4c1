import { membersOf } from "./members";
import type { Vec3 } from "./view";

/** Where a cluster's points are parted along its axis, in shares: each part's mean is a knot of its curve. Small parts at the ends carry it all the way through. */
const PARTS = [0, 0.03, 0.2, 0.4, 0.6, 0.8, 0.97, 1];
/** Steps of the smooth curve between two knots. */
const N_STEPS = 8;
/** Fewer points than this have no shape. */
const MIN_POINTS = 24;

/** Lines through clusters, as straight pieces. */
export interface Spines {
  /** (n, 6): the two ends of each piece. */
  readonly ends: Float32Array;
  /** (n): the cluster of each. */
  readonly clusters: Uint8Array;
}

/**
 * A smooth curve through each cluster: along its main axis, through the means of its points part by part, so that it bends
 * as the cluster does (a principal curve in one step, after Hastie and Stuetzle, "Principal curves", 1989).
 *
 * @param positions - (n, 3)
 * @param clusters - per point
 * @param sample - the points to look at
 */
export function spinesOf(positions: Float32Array, clusters: Uint8Array, sample: Iterable<number>): Spines {
  const ends: number[] = [];
  const owners: number[] = [];
  for (const [cluster, list] of membersOf(clusters, sample)) {
    if (list.length < MIN_POINTS) continue;
    const curve = smooth(knotsOf(positions, list));
    for (let k = 1; k < curve.length; k += 1) {
      ends.push(...curve[k - 1]!, ...curve[k]!);
      owners.push(cluster);
    }
  }
  return { ends: Float32Array.from(ends), clusters: Uint8Array.from(owners) };
}

function knotsOf(positions: Float32Array, members: readonly number[]): Vec3[] {
  const at = (index: number): Vec3 => [positions[3 * index]!, positions[3 * index + 1]!, positions[3 * index + 2]!];
  const axis = mainAxis(members.map(at));
  const along = (index: number): number => positions[3 * index]! * axis[0] + positions[3 * index + 1]! * axis[1] + positions[3 * index + 2]! * axis[2];
  const sorted = [...members].sort((a, b) => along(a) - along(b));
  return PARTS.slice(1).map((end, k) => {
    const from = Math.min(sorted.length - 1, Math.floor(PARTS[k]! * sorted.length));
    return meanOf(sorted.slice(from, Math.max(from + 1, Math.floor(end * sorted.length))).map(at));
  });
}

function meanOf(points: readonly Vec3[]): Vec3 {
  const sum: Vec3 = [0, 0, 0];
  for (const point of points) for (let i = 0; i < 3; i += 1) sum[i]! += point[i]! / points.length;
  return sum;
}

/** The direction in which points spread most: the covariance's first eigenvector, by power iteration. Length 1. */
export function mainAxis(points: readonly Vec3[]): Vec3 {
  const mean = meanOf(points);
  const covariance = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
  for (const point of points) {
    for (let i = 0; i < 3; i += 1) for (let j = 0; j < 3; j += 1) covariance[i]![j]! += (point[i]! - mean[i]!) * (point[j]! - mean[j]!);
  }
  // Not along any axis: a start that is at right angles to the answer would never find it.
  let axis: Vec3 = [0.8, 0.5, 0.33];
  for (let step = 0; step < 40; step += 1) {
    const next = covariance.map((row) => row[0]! * axis[0] + row[1]! * axis[1] + row[2]! * axis[2]) as Vec3;
    const length = Math.hypot(...next);
    if (length === 0) break;
    axis = next.map((value) => value / length) as Vec3;
  }
  return axis;
}

/** A Catmull-Rom curve through the knots: it goes through each, and turns no corner. */
function smooth(knots: readonly Vec3[]): Vec3[] {
  const last = knots.length - 1;
  const curve: Vec3[] = [];
  for (let k = 0; k < last; k += 1) {
    const [a, b, c, d] = [knots[Math.max(0, k - 1)]!, knots[k]!, knots[k + 1]!, knots[Math.min(last, k + 2)]!];
    for (let step = 0; step < N_STEPS; step += 1) {
      const t = step / N_STEPS;
      curve.push([0, 1, 2].map((i) => 0.5 * (2 * b[i]! + (c[i]! - a[i]!) * t + (2 * a[i]! - 5 * b[i]! + 4 * c[i]! - d[i]!) * t * t + (3 * (b[i]! - c[i]!) + d[i]! - a[i]!) * t ** 3)) as Vec3);
    }
  }
  curve.push(knots[last]!);
  return curve;
}
