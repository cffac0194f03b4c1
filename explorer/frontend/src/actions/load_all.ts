import type { ActionContext } from "./context";

/** Nodes asked for at once: the list fills from the coarse sample to the last picture. */
const AT_ONCE = 4;

/** Loads every node of the galaxy, for what must hold all pictures: the list. Ends when `signal` aborts; what fails is left out. */
export async function loadAll({ store }: ActionContext, signal: AbortSignal): Promise<void> {
  const { galaxy } = store.getState();
  if (galaxy === null) return;
  const { list } = galaxy.nodes;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let node = next; node < list.length && !signal.aborted; node = next) {
      next += 1;
      try {
        await galaxy.nodes.load(node);
      } catch {
        store.setState({ isStalled: true });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
