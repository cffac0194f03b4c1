import type { ActionContext } from "./context";

/** Asks again as soon as the connection is back. Returns what ends it. */
export function retryOnline(context: ActionContext, page: Window): () => void {
  const onOnline = (): void => { retry(context); };
  page.addEventListener("online", onOnline);
  return () => { page.removeEventListener("online", onOnline); };
}

/** Asks again, at once, for the files that kept failing. */
export function retry(context: ActionContext): void {
  context.store.setState({ isStalled: false });
  context.stage?.retry();
}
