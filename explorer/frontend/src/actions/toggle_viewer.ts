import type { Action } from "./context";

export const toggleViewer: Action = {
  name: "viewer",
  label: "Look closely at the open picture",
  keys: ["z"],
  isEnabled: ({ store }) => store.getState().selection !== null,
  perform: ({ store }) => {
    store.setState((state) => ({ viewerOpen: !state.viewerOpen }));
  },
};
