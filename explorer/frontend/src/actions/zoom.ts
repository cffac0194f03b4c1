import { text } from "../text";
import type { Action } from "./context";

export const zoomIn: Action = {
  name: "zoom-in",
  label: text.does.zoomIn,
  keys: ["+", "="],
  isEnabled: ({ stage }) => stage !== null,
  perform: ({ stage }) => { stage?.zoom(0.7); },
};

export const zoomOut: Action = {
  name: "zoom-out",
  label: text.does.zoomOut,
  keys: ["-", "_"],
  isEnabled: ({ stage }) => stage !== null,
  perform: ({ stage }) => { stage?.zoom(1 / 0.7); },
};
