import type { Action } from "./context";
import { step } from "./step";

export const stepPrevious: Action = {
  name: "previous",
  label: "Previous picture of the cluster, or previous cluster",
  keys: ["["],
  perform: (context) => { step(context, -1); },
};
