import type { Action } from "./context";

export const toggleClusters: Action = {
  name: "clusters",
  label: "Show or hide the list of clusters",
  keys: ["c"],
  perform: ({ store }) => {
    store.setState((state) => ({ clustersOpen: !state.clustersOpen }));
  },
};
