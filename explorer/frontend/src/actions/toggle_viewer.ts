import { text } from "../text";
import type { Action } from "./context";

export const toggleViewer: Action = {
  name: "viewer",
  label: text.does.viewer,
  keys: ["z"],
  isEnabled: ({ store }) => store.getState().selection !== null,
  perform: ({ store }) => {
    store.setState((state) => ({ viewerOpen: !state.viewerOpen }));
  },
};
