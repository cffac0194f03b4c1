import { flyToImage } from "./actions/fly_to_image";
import type { ActionContext } from "./actions/context";
import type { Scene } from "./scene/scene";
import type { Phase, ViewName } from "./store/state";

/**
 * `window.galaxy`: what a browser test may ask of the page. Read-only but for `flyTo`, which does what a click does.
 * Places are CSS px of the window, as a mouse has them.
 */
export interface GalaxyProbe {
  state(): {
    readonly phase: Phase;
    readonly n_images: number;
    /** The uuid of the open picture, or null. */
    readonly selected: string | null;
    readonly view: ViewName;
    readonly gl: string;
    /** Pictures (not points) in the last frame. */
    readonly n_visible_thumbnails: number;
    readonly n_drawn_frames: number;
    /** Whether another frame is on its way. */
    readonly is_moving: boolean;
  };
  /** Where a picture is drawn, or null for an unknown uuid. `visible`: inside the canvas and the frontmost thing there. */
  project(uuid: string): { readonly x: number; readonly y: number; readonly visible: boolean } | null;
  /** Up to `limit` uuids from `start` on, in the artifact's order. */
  uuids(start?: number, limit?: number): string[];
  /** What a click at this place would open, or null. */
  pick(x: number, y: number): string | null;
  flyTo(uuid: string): boolean;
}

declare global {
  interface Window {
    galaxy?: GalaxyProbe;
  }
}

/** Builds the probe. `scene` and `canvasArea` are asked each time: the scene comes and goes. */
export function createProbe(context: ActionContext, scene: () => Scene | null, canvasArea: () => DOMRect): GalaxyProbe {
  const { store } = context;
  const indexOf = (uuid: string): number => store.getState().galaxy?.ids.indexOf(uuid) ?? -1;
  const pickIndex = (x: number, y: number): number => {
    const area = canvasArea();
    return scene()?.pick(x - area.left, y - area.top) ?? -1;
  };
  return {
    state: () => {
      const { phase, galaxy, selection, view, gl } = store.getState();
      return {
        phase,
        n_images: galaxy?.points.n ?? 0,
        selected: selection?.uuid ?? null,
        view,
        gl,
        n_visible_thumbnails: scene()?.nVisiblePictures ?? 0,
        n_drawn_frames: scene()?.nFrames ?? 0,
        is_moving: scene()?.isMoving ?? false,
      };
    },
    project: (uuid) => {
      const index = indexOf(uuid);
      if (index < 0) return null;
      const spot = scene()?.project(index) ?? null;
      if (spot === null) return { x: -1, y: -1, visible: false };
      const area = canvasArea();
      const [x, y] = [spot.x + area.left, spot.y + area.top];
      return { x, y, visible: pickIndex(x, y) === index };
    },
    uuids: (start = 0, limit = Infinity) => {
      const { galaxy } = store.getState();
      if (galaxy === null) return [];
      const end = Math.min(galaxy.points.n, start + limit);
      return Array.from({ length: Math.max(0, end - start) }, (_, i) => galaxy.ids.uuidAt(start + i));
    },
    pick: (x, y) => {
      const index = pickIndex(x, y);
      return index < 0 ? null : (store.getState().galaxy?.ids.uuidAt(index) ?? null);
    },
    flyTo: (uuid) => {
      const index = indexOf(uuid);
      if (index >= 0) flyToImage(context, index);
      return index >= 0;
    },
  };
}
