import { asWireError } from "../api/errors";
import { loadGalaxy } from "../api/galaxy";
import type { ActionContext } from "./context";

/** Loads the galaxy, or loads it again after an error. */
export async function load(context: ActionContext): Promise<void> {
  const { store, config } = context;
  store.setState({ phase: "loading", error: null, progress: { arrived: 0, expected: 0 } });
  try {
    const galaxy = await loadGalaxy(config.pointer_url, new AbortController().signal, (arrived, expected) => {
      store.setState(({ progress }) => ({ progress: { arrived: progress.arrived + arrived, expected: progress.expected + expected } }));
    });
    store.setState({ galaxy, phase: galaxy.points.n === 0 ? "empty" : "ready" });
  } catch (error) {
    store.setState({ phase: "error", error: asWireError(error, config.pointer_url) });
  }
}
