import type { Galaxy } from "../api/galaxy";
import type { ActionContext } from "./context";
import { flyToCluster } from "./fly_to_cluster";
import { flyToImage } from "./fly_to_image";

/**
 * Goes one on (1) or back (-1): from picture to picture of the same cluster while one is open (along the Morton curve, so
 * mostly to a neighbour), else from cluster to cluster in tour order. Both go round.
 */
export function step(context: ActionContext, by: 1 | -1): void {
  const { galaxy, selection, focusedCluster } = context.store.getState();
  if (galaxy === null) return;
  if (selection !== null) {
    const next = neighbourInCluster(galaxy, selection.index, by);
    if (next !== selection.index) flyToImage(context, next);
    return;
  }
  const tour = [...galaxy.manifest.clusters].sort((a, b) => a.tour_order - b.tour_order);
  const at = tour.findIndex((cluster) => cluster.index === focusedCluster);
  const next = at < 0 ? tour.at(by === 1 ? 0 : -1) : tour[(at + by + tour.length) % tour.length];
  if (next !== undefined) flyToCluster(context, next.index);
}

/** The next shown point of the same cluster in a direction, going round; the point itself if it is alone. */
export function neighbourInCluster(galaxy: Galaxy, index: number, by: 1 | -1): number {
  const { n, cluster: clusters } = galaxy.points;
  for (let k = 1; k < n; k += 1) {
    const i = (((index + by * k) % n) + n) % n;
    if (clusters[i] === clusters[index] && galaxy.isShown(i)) return i;
  }
  return index;
}
