import type { ActionContext } from "./context";
import { retryDetails } from "./select_image";
import { showNeighbours } from "./strip";

/** Asks again as soon as the connection is back. Returns what ends it. */
export function retryOnline(context: ActionContext, page: Window): () => void {
  const onOnline = (): void => { retry(context); };
  page.addEventListener("online", onOnline);
  return () => { page.removeEventListener("online", onOnline); };
}

/** Asks again, at once, for the files that kept failing, and for what the open picture lacks. */
export function retry(context: ActionContext): void {
  context.store.setState({ isStalled: false });
  context.stage?.retry();
  const { details, strip } = context.store.getState();
  if (details?.status === "failed") retryDetails(context);
  if (strip?.phase.status === "failed") void showNeighbours(context);
}
