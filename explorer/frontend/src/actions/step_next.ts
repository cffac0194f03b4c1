import { text } from "../text";
import type { Action } from "./context";
import { step } from "./step";

export const stepNext: Action = {
  name: "next",
  label: text.does.next,
  keys: ["]"],
  perform: (context) => { step(context, 1); },
};
