import type { Galaxy } from "../api/galaxy";
import type { Cluster, Node, Subgroup } from "../api/wire";

/** What a list holds: the pictures of a cluster, or of a neighbourhood within it. */
export interface Section {
  readonly cluster: Cluster;
  readonly subgroup: Subgroup | null;
}

/** How far a list has come. */
export interface Listing {
  readonly points: readonly number[];
  /** Nodes gone through, of those in `nodesOf`. */
  readonly nNodes: number;
  /** Whether there may be more. */
  readonly hasMore: boolean;
}

export const NOTHING_LISTED: Listing = { points: [], nNodes: 0, hasMore: true };

/** A neighbourhood's radius holds 95 % of its pictures; most of the others lie within this many radii. */
const REACH = 1.25;

type Place = readonly [number, number, number];

const distance = (a: Place, b: Place): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/**
 * The nodes that a list goes through, in this order: those that reach the section's middle, the root and its sample first, then
 * by how far they are from it. A cluster's outermost pictures may lie anywhere; a neighbourhood ends.
 */
export function nodesOf(nodes: readonly Node[], { cluster, subgroup }: Section): number[] {
  const { centroid } = subgroup ?? cluster;
  const gaps = nodes.map((node) => Math.max(0, distance(node.centre, centroid) - node.radius));
  const order = nodes.map((_, i) => i).sort((a, b) => gaps[a]! - gaps[b]! || a - b);
  return subgroup === null ? order : order.filter((i) => gaps[i]! <= REACH * subgroup.radius);
}

/**
 * Goes on with a list until it has so many pictures, or all there are. Loads the nodes that it comes through, and no more.
 * Raises WireError; what was listed before is still good then.
 */
export async function listPictures(galaxy: Galaxy, section: Section, known: Listing, wanted: number): Promise<Listing> {
  const { list } = galaxy.nodes;
  const nodes = nodesOf(list, section);
  const total = section.subgroup === null ? section.cluster.n_images : Infinity;
  const isMember = memberOf(galaxy, section);
  const points = [...known.points];
  let nNodes = known.nNodes;
  for (; points.length < Math.min(wanted, total) && nNodes < nodes.length; nNodes += 1) {
    const node = nodes[nNodes]!;
    await galaxy.nodes.load(node);
    const { first, n } = list[node]!;
    for (let i = first; i < first + n; i += 1) if (isMember(i)) points.push(i);
  }
  return { points, nNodes, hasMore: points.length < total && nNodes < nodes.length };
}

/** Whether a loaded point is one of the section's: of several neighbourhoods it belongs to the one whose middle is nearest. */
function memberOf(galaxy: Galaxy, { cluster, subgroup }: Section): (index: number) => boolean {
  const { manifest, points } = galaxy;
  const { cluster: clusters, positions } = points;
  const isOfCluster = (i: number): boolean => clusters[i] === cluster.index && galaxy.isShown(i);
  if (subgroup === null) return isOfCluster;
  const others = manifest.subgroups.filter((one) => one.cluster === cluster.index && one !== subgroup);
  return (i) => {
    if (!isOfCluster(i)) return false;
    const place: Place = [positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!];
    const way = distance(place, subgroup.centroid);
    return way <= REACH * subgroup.radius && others.every((one) => distance(place, one.centroid) >= way);
  };
}
