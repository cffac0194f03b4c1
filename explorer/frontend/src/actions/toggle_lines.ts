import type { Action } from "./context";

export const toggleLines: Action = {
  name: "lines",
  label: "Show or hide lines through the clusters",
  // L is the list's.
  keys: ["g"],
  isEnabled: ({ store }) => store.getState().view === "space",
  perform: ({ store }) => {
    store.setState((state) => ({ linesShown: !state.linesShown }));
  },
};
