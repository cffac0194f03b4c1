import type { Action } from "./context";

export const toggleHelp: Action = {
  name: "help",
  label: "Show or hide this help",
  keys: ["?"],
  perform: ({ store }) => {
    store.setState((state) => ({ helpOpen: !state.helpOpen }));
  },
};
