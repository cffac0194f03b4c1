import { text } from "../text";
import type { Action } from "./context";

export const goHome: Action = {
  name: "home",
  label: text.does.home,
  keys: ["h", "Home"],
  isEnabled: ({ store }) => store.getState().view === "space" && store.getState().galaxy !== null,
  perform: ({ store }) => {
    store.setState({ flight: { to: "home" }, focusedCluster: null, announcement: text.announceHome });
  },
};
