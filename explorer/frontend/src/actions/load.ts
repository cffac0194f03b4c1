import { asWireError } from "../api/errors";
import { loadGalaxy } from "../api/galaxy";
import type { ActionContext } from "./context";

/** Loads the galaxy, or loads it again after an error. */
export async function load(context: ActionContext): Promise<void> {
  const { store, config } = context;
  store.setState({ phase: "loading", error: null, progress: { arrived: 0, expected: 0 } });
  try {
    const galaxy = await loadGalaxy(config.pointer_url, config.worker_url, new AbortController().signal, (arrived, expected) => {
      store.setState(({ progress }) => ({ progress: { arrived: progress.arrived + arrived, expected: progress.expected + expected } }));
    });
    galaxy.nodes.onLoaded(() => { store.setState({ nodesLoaded: galaxy.nodes.nLoaded }); });
    store.setState({ galaxy, nodesLoaded: galaxy.nodes.nLoaded, phase: galaxy.manifest.n_images === 0 ? "empty" : "ready" });
    // The next thing that anybody asks for; who asks hears of a failure.
    galaxy.tables().catch(() => undefined);
  } catch (error) {
    store.setState({ phase: "error", error: asWireError(error, config.pointer_url) });
  }
}
