import type { Action } from "./context";
import { step } from "./step";

export const stepNext: Action = {
  name: "next",
  label: "Next picture of the cluster, or next cluster",
  keys: ["]"],
  perform: (context) => { step(context, 1); },
};
