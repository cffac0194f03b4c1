import { text } from "../text";
import type { Action } from "./context";

export const toggleClusters: Action = {
  name: "clusters",
  label: text.does.clusters,
  keys: ["c"],
  perform: ({ store }) => {
    store.setState((state) => ({ clustersOpen: !state.clustersOpen }));
  },
};
