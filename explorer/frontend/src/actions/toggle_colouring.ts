import type { Action } from "./context";

export const toggleColouring: Action = {
  name: "colouring",
  label: "Colour points by cluster or by picture",
  keys: ["m"],
  isEnabled: ({ store }) => store.getState().view === "space",
  perform: ({ store }) => {
    store.setState((state) => ({ colouring: state.colouring === "cluster" ? "mean" : "cluster" }));
  },
};
