import type { ActionContext } from "./context";
import { nameOf } from "./naming";

/** The title is asked for only when the pointer rests: a sweep over the galaxy must not fetch every shard. */
const REST_MS = 90;

/** Notes which point is under the pointer (-1: none), and fetches its title. */
export function hoverImage(context: ActionContext, index: number): void {
  const { store } = context;
  if (store.getState().hovered === index) return;
  store.setState({ hovered: index, hoveredTitle: "" });
  if (index < 0) return;
  const isCurrent = (): boolean => store.getState().hovered === index;
  setTimeout(() => {
    const { galaxy } = store.getState();
    if (galaxy === null || !isCurrent()) return;
    galaxy.details.fetch(index).then(
      (details) => { if (isCurrent()) store.setState({ hoveredTitle: nameOf(details) }); },
      // The cluster's name is shown already; a title that cannot be had is no reason for a message.
      () => undefined,
    );
  }, REST_MS);
}
