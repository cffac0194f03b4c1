import { text } from "../text";
import type { Action } from "./context";
import { step } from "./step";

export const stepPrevious: Action = {
  name: "previous",
  label: text.does.previous,
  keys: ["["],
  perform: (context) => { step(context, -1); },
};
