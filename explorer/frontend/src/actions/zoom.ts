import type { Action } from "./context";

export const zoomIn: Action = {
  name: "zoom-in",
  label: "Nearer",
  keys: ["+", "="],
  isEnabled: ({ stage }) => stage !== null,
  perform: ({ stage }) => { stage?.zoom(0.7); },
};

export const zoomOut: Action = {
  name: "zoom-out",
  label: "Farther",
  keys: ["-", "_"],
  isEnabled: ({ stage }) => stage !== null,
  perform: ({ stage }) => { stage?.zoom(1 / 0.7); },
};
