import { text } from "../text/en";
import type { Action } from "./context";

export const toggleFlat: Action = {
  name: "flat",
  label: "Switch between flat and in space",
  keys: ["f"],
  isEnabled: ({ store }) => store.getState().view === "space" && (store.getState().galaxy?.manifest.flat ?? null) !== null,
  perform: ({ store }) => {
    const layout = store.getState().layout === "flat" ? "space" : "flat";
    store.setState({ layout, announcement: layout === "flat" ? text.announceFlat : text.announceSpace });
  },
};
