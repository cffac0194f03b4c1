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
    /** Points (not pictures) on the graphics card: what the last frame drew. */
    readonly n_points_drawn: number;
    readonly n_draw_calls: number;
    /** Files that the scene has asked for: chunks, atlases and renditions. */
    readonly n_requests: number;
    /** By our own count: textures, the pool of points, and pictures on their way to the card. */
    readonly memory_bytes: number;
    /** Whether files that the scene asked for are on their way. */
    readonly is_loading: boolean;
    /** Whether another frame is on its way. */
    readonly is_moving: boolean;
  };
  /**
   * Where a picture is drawn, or null for an unknown uuid. `visible`: inside the canvas and the frontmost thing there.
   * `px`: how long the longer side of a picture is there.
   */
  project(uuid: string): Promise<{ readonly x: number; readonly y: number; readonly px: number; readonly visible: boolean } | null>;
  /** The uuids of up to `limit` shown points from point `start` on, in the artifact's order. Loads their nodes. */
  uuids(start?: number, limit?: number): Promise<string[]>;
  /** What a click at this place would open, or null. */
  pick(x: number, y: number): Promise<string | null>;
  flyTo(uuid: string): Promise<boolean>;
}

declare global {
  interface Window {
    galaxy?: GalaxyProbe;
  }
}

/** Builds the probe. `scene` and `canvasArea` are asked each time: the scene comes and goes. */
export function createProbe(context: ActionContext, scene: () => Scene | null, canvasArea: () => DOMRect): GalaxyProbe {
  const { store } = context;
  const indexOf = async (uuid: string): Promise<number> => (await store.getState().galaxy?.find(uuid)) ?? -1;
  const pickIndex = (x: number, y: number): number => {
    const area = canvasArea();
    return scene()?.pick(x - area.left, y - area.top) ?? -1;
  };
  return {
    state: () => {
      const { phase, galaxy, selection, view, gl } = store.getState();
      return {
        phase,
        n_images: galaxy?.manifest.n_images ?? 0,
        selected: selection?.uuid ?? null,
        view,
        gl,
        n_visible_thumbnails: scene()?.nVisiblePictures ?? 0,
        n_drawn_frames: scene()?.nFrames ?? 0,
        n_points_drawn: scene()?.nPointsDrawn ?? 0,
        n_draw_calls: scene()?.nDrawCalls ?? 0,
        n_requests: scene()?.nRequests ?? 0,
        memory_bytes: scene()?.memoryBytes ?? 0,
        is_loading: scene()?.isLoading ?? false,
        is_moving: scene()?.isMoving ?? false,
      };
    },
    project: async (uuid) => {
      const index = await indexOf(uuid);
      if (index < 0) return null;
      const spot = scene()?.project(index) ?? null;
      if (spot === null) return { x: -1, y: -1, px: 0, visible: false };
      const area = canvasArea();
      const [x, y] = [spot.x + area.left, spot.y + area.top];
      return { x, y, px: spot.scale * (scene()?.pictureSize ?? 0), visible: pickIndex(x, y) === index };
    },
    uuids: async (start = 0, limit = Infinity) => {
      const { galaxy } = store.getState();
      const uuids: string[] = [];
      if (galaxy === null) return uuids;
      for (let index = start; index < galaxy.points.n && uuids.length < limit; index += 1) {
        if (!galaxy.isLoaded(index)) await galaxy.nodes.loadPoint(index);
        if (galaxy.isShown(index)) uuids.push(await galaxy.uuidOf(index));
      }
      return uuids;
    },
    pick: async (x, y) => {
      const index = pickIndex(x, y);
      return index < 0 ? null : ((await store.getState().galaxy?.uuidOf(index)) ?? null);
    },
    flyTo: async (uuid) => {
      const index = await indexOf(uuid);
      if (index >= 0) flyToImage(context, index);
      return index >= 0;
    },
  };
}
