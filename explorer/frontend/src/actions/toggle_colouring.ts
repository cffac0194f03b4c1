import { text } from "../text";
import type { Action } from "./context";

export const toggleColouring: Action = {
  name: "colouring",
  label: text.does.colouring,
  keys: ["m"],
  isEnabled: ({ store }) => store.getState().view === "space",
  perform: ({ store }) => {
    store.setState((state) => ({ colouring: state.colouring === "cluster" ? "mean" : "cluster" }));
  },
};
