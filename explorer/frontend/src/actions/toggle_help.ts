import { text } from "../text";
import type { Action } from "./context";

export const toggleHelp: Action = {
  name: "help",
  label: text.does.help,
  keys: ["?"],
  perform: ({ store }) => {
    store.setState((state) => ({ helpOpen: !state.helpOpen }));
  },
};
