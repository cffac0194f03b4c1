import { membersOf } from "./members";
import type { Vec3 } from "./view";

/** Something of the galaxy with a middle and a reach: a cluster, or a neighbourhood within one. */
export interface Region {
  /** The index of the cluster that it is or lies in. */
  readonly cluster: number;
  readonly centroid: readonly [number, number, number];
  readonly radius: number;
}

/** (n, 4): centre and radius of each region, as in space. */
export function ballsOf(regions: readonly Region[]): Float32Array {
  return Float32Array.from(regions.flatMap((one) => [...one.centroid, one.radius]));
}

/** What `flattenRegions` looks at: the same points in both layouts. */
export interface BothLayouts {
  /** Points to look at, enough to stand for all. */
  readonly sample: Uint32Array;
  readonly clusters: Uint8Array;
  /** (n, 3) each. */
  readonly space: Float32Array;
  readonly flat: Float32Array;
}

/**
 * (n, 4): where regions lie when the galaxy is flat. A cluster lies at the median of its points, and reaches as far as four
 * fifths of them; a neighbourhood lies where the point next to its middle in space lies, so that its name never floats in a gap.
 *
 * @param nClusters - the first so many regions are whole clusters
 */
export function flattenRegions(regions: readonly Region[], nClusters: number, points: BothLayouts): Float32Array {
  const out = new Float32Array(4 * regions.length);
  const members = membersOf(points.clusters, points.sample);
  const shrink = new Map<number, number>();
  regions.forEach((region, r) => {
    const list = members.get(region.cluster);
    if (list === undefined) return; // nothing known of it: no place, no reach, no name
    if (r < nClusters) {
      const [x, y] = [quantile(list.map((i) => points.flat[3 * i]!), 0.5), quantile(list.map((i) => points.flat[3 * i + 1]!), 0.5)];
      const radius = quantile(list.map((i) => Math.hypot(points.flat[3 * i]! - x, points.flat[3 * i + 1]! - y)), 0.8);
      out.set([x, y, 0, radius], 4 * r);
      shrink.set(region.cluster, region.radius > 0 ? radius / region.radius : 1);
    } else {
      const nearest = nearestOf(list, points.space, region.centroid);
      out.set([points.flat[3 * nearest]!, points.flat[3 * nearest + 1]!, 0, region.radius * (shrink.get(region.cluster) ?? 1)], 4 * r);
    }
  });
  return out;
}

function nearestOf(list: readonly number[], positions: Float32Array, place: Readonly<Vec3>): number {
  let best = list[0]!;
  let bestWay = Infinity;
  for (const i of list) {
    const way = Math.hypot(positions[3 * i]! - place[0], positions[3 * i + 1]! - place[1], positions[3 * i + 2]! - place[2]);
    if (way < bestWay) {
      best = i;
      bestWay = way;
    }
  }
  return best;
}

function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.round(share * (values.length - 1))]!;
}
