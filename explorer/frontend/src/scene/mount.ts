import type { ActionContext } from "../actions/context";
import { watch } from "../store/store";
import { cloneView, type View } from "../math/view";
import { NoWebglError } from "./renderer";
import { Scene } from "./scene";

/** The scene that is in the page now, if any. */
export interface MountedScene {
  readonly scene: Scene | null;
  dispose(): void;
}

/**
 * Keeps a scene in an element for as long as there is a galaxy to draw: builds it when the galaxy has come, says so in the
 * store when WebGL 2 is missing, and builds it anew (at the same view) when a lost context is given back.
 */
export function mountScene(parent: HTMLElement, context: ActionContext): MountedScene {
  const { store } = context;
  let scene: Scene | null = null;
  let viewAtLoss: View | null = null;

  const drop = (): void => {
    scene?.dispose();
    scene = null;
    context.stage = null;
  };
  const build = (view: View | null): void => {
    const { galaxy, phase } = store.getState();
    drop();
    parent.replaceChildren();
    if (galaxy === null || phase !== "ready") return;
    try {
      scene = new Scene(parent, context, galaxy, view);
      context.stage = scene;
      store.setState({ gl: "ok" });
    } catch (error) {
      if (!(error instanceof NoWebglError)) throw error;
      parent.replaceChildren();
      store.setState({ gl: "missing", view: "list" });
    }
  };
  const onLost = (event: Event): void => {
    // Says that we can go on when it comes back; without it the browser never gives it back.
    event.preventDefault();
    if (scene !== null) viewAtLoss = cloneView(scene.view);
    drop();
    store.setState({ gl: "lost", hovered: -1 });
  };
  const onRestored = (): void => {
    build(viewAtLoss);
  };
  // Context events do not bubble, but they can be caught on the way down.
  parent.addEventListener("webglcontextlost", onLost, true);
  parent.addEventListener("webglcontextrestored", onRestored, true);
  const unwatch = watch(store, (state) => state.galaxy, () => { build(null); });
  const unwatchView = watch(store, (state) => state.view, (view) => {
    parent.hidden = view === "list";
    scene?.invalidate();
  });
  return {
    get scene() {
      return scene;
    },
    dispose: () => {
      parent.removeEventListener("webglcontextlost", onLost, true);
      parent.removeEventListener("webglcontextrestored", onRestored, true);
      unwatch();
      unwatchView();
      drop();
      parent.replaceChildren();
    },
  };
}
