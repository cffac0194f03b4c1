import { text } from "../text";
import type { Action } from "./context";

export const toggleLines: Action = {
  name: "lines",
  label: text.does.lines,
  // L is the list's.
  keys: ["g"],
  isEnabled: ({ store }) => store.getState().view === "space",
  perform: ({ store }) => {
    store.setState((state) => ({ linesShown: !state.linesShown }));
  },
};
