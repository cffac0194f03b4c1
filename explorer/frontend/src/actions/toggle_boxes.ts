import { text } from "../text";
import type { Action } from "./context";

const STORED_AS = "galaxy.boxes";

/** Boxes on the picture, as they were left the last time; shown at first. */
export function readBoxesShown(): boolean {
  try {
    return window.localStorage.getItem(STORED_AS) !== "hidden";
  } catch {
    return true; // a browser that keeps nothing for this page
  }
}

export const toggleBoxes: Action = {
  name: "boxes",
  label: text.does.boxes,
  keys: ["b"],
  isEnabled: ({ store }) => store.getState().selection !== null,
  perform: ({ store }) => {
    const boxesShown = !store.getState().boxesShown;
    store.setState({ boxesShown });
    try {
      window.localStorage.setItem(STORED_AS, boxesShown ? "shown" : "hidden");
    } catch {
      // It holds until the page is closed.
    }
  },
};
