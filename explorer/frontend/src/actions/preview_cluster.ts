import type { ActionContext } from "./context";

/** Lets a cluster stand out while it is pointed at in the list; null ends it. */
export function previewCluster(context: ActionContext, index: number | null): void {
  context.store.setState({ previewedCluster: index });
}
