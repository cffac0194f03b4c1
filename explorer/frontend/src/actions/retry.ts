import type { ActionContext } from "./context";

/** Asks again, at once, for the files that kept failing. */
export function retry(context: ActionContext): void {
  context.store.setState({ isStalled: false });
  context.stage?.retry();
}
