import { text } from "../text/en";
import type { ActionContext } from "./context";

/** Flies to a cluster and lets the others step back. An open picture stays open. */
export function flyToCluster(context: ActionContext, index: number): void {
  const { store } = context;
  const cluster = store.getState().galaxy?.manifest.clusters.find((one) => one.index === index);
  if (cluster === undefined) return;
  store.setState({
    flight: { to: "cluster", cluster: index },
    focusedCluster: index,
    previewedCluster: null,
    announcement: text.announceCluster(cluster.name, cluster.n_images),
  });
}
