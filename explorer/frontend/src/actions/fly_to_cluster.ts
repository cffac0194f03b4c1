import { text } from "../text";
import type { ActionContext } from "./context";
import { nearestToCluster } from "./nearness";

/** Flies to a cluster and lets the others step back. An open picture stays open. */
export function flyToCluster(context: ActionContext, index: number): void {
  const { store } = context;
  const { galaxy } = store.getState();
  const cluster = galaxy?.manifest.clusters.find((one) => one.index === index);
  if (galaxy === null || cluster === undefined) return;
  store.setState({
    flight: { to: "cluster", cluster: index },
    focusedCluster: index,
    previewedCluster: null,
    announcement: text.announceCluster(cluster.name, cluster.n_images, nearestToCluster(galaxy, cluster)),
  });
}
