import type { Galaxy } from "../api/galaxy";
import type { Cluster } from "../api/wire";
import { labelsOf, nameOf } from "./naming";

/** The name of what lies next to a cluster's middle: a neighbourhood within it, else another cluster. Empty: there is neither. */
export function nearestToCluster({ manifest }: Galaxy, cluster: Cluster): string {
  const within = manifest.subgroups.filter((one) => one.cluster === cluster.index && one.name !== cluster.name);
  const others = manifest.clusters.filter((one) => one.index !== cluster.index && one.n_images > 0);
  let nearest = "";
  let least = Infinity;
  for (const { name, centroid } of within.length > 0 ? within : others) {
    const way = Math.hypot(...centroid.map((value, axis) => value - cluster.centroid[axis]!));
    if (way >= least) continue;
    least = way;
    nearest = name;
  }
  return nearest;
}

/** What the picture most like another shows: its surest label, else its title. Empty: none is known, or it did not come. */
export async function nearestToImage(galaxy: Galaxy, index: number): Promise<string> {
  try {
    const [neighbour] = await galaxy.neighboursOf(index);
    if (neighbour === undefined || neighbour.similarity <= 0) return "";
    const details = await galaxy.details.fetch(neighbour.index);
    return labelsOf(details, 1)[0] ?? nameOf(details);
  } catch {
    return ""; // The strip tells of it; the voice goes without.
  }
}
