import { text } from "../text";
import type { Action } from "./context";

export const toggleList: Action = {
  name: "list",
  label: text.does.list,
  keys: ["l"],
  // Without WebGL the list is all there is.
  isEnabled: ({ store }) => store.getState().gl !== "missing" && store.getState().phase === "ready",
  perform: ({ store }) => {
    store.setState((state) => ({ view: state.view === "space" ? "list" : "space", hovered: -1, previewedCluster: null }));
  },
};
