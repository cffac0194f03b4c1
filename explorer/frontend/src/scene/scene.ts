import { Scene as ThreeScene, WebGLRenderer } from "three";
import type { ActionContext, Stage } from "../actions/context";
import { flyToImage } from "../actions/fly_to_image";
import { flyToCluster } from "../actions/fly_to_cluster";
import { hoverImage } from "../actions/hover_image";
import { renditionUrl } from "../api/renditions";
import { buildBlocks, type Blocks } from "../math/blocks";
import { clamp } from "../math/easing";
import { pickAt, type PickScene } from "../math/pick";
import { project, type ScreenPoint } from "../math/project";
import { dequantize, halfExtents } from "../math/quantise";
import { bulkOf, type Bulk } from "../math/bulk";
import { sizesOf, type Sizes } from "../math/sizes";
import type { Vec3, View } from "../math/view";
import type { Flight } from "../store/state";
import { watch } from "../store/store";
import type { Galaxy } from "../api/galaxy";
import { CameraRig } from "./camera_rig";
import { KeyControls } from "./key_controls";
import { MarksOverlay } from "./marks_overlay";
import { NamesOverlay } from "./names_overlay";
import { NebulaPass } from "./nebula_pass";
import { Navigator } from "./navigator";
import { Palette } from "./palette";
import { PicturesPass, type PictureBudget } from "./pictures_pass";
import { PointerControls, type PointerListener } from "./pointer_controls";
import { PointsPass } from "./points_pass";
import { homeAxes, homeView, viewOfCluster, viewOfImage } from "./targets";

const MAX_PIXEL_RATIO = 2;
const MAX_ELAPSED_MS = 100;
const CENTRE_REACH_PX = 220;

/** Stated budget on the graphics card: 256 MB on a desktop, 96 MB on a phone, less what the sharp pictures take. */
function budgetOf(page: Window): PictureBudget {
  const isPhone = page.matchMedia("(pointer: coarse)").matches || Math.min(page.screen.width, page.screen.height) < 600;
  return isPhone
    ? { atlasBytes: 96 * 2 ** 20 - 16 * 1.4 * 2 ** 20, nSharp: 16, maxPictures: 1500 }
    : { atlasBytes: 256 * 2 ** 20 - 40 * 1.4 * 2 ** 20, nSharp: 40, maxPictures: 4000 };
}

/**
 * The drawn galaxy: owns the canvas, the passes and the frame loop. A frame is drawn only when something moved, and it
 * allocates nothing. React never hears of it.
 */
export class Scene implements Stage {
  nFrames = 0;
  readonly #context: ActionContext;
  readonly #galaxy: Galaxy;
  readonly #canvas = document.createElement("canvas");
  readonly #renderer: WebGLRenderer;
  readonly #three = new ThreeScene();
  readonly #positions: Float32Array;
  readonly #blocks: Blocks;
  readonly #sizes: Sizes;
  readonly #bulk: Bulk;
  readonly #palette: Palette;
  readonly #nebula: NebulaPass;
  readonly #points: PointsPass;
  readonly #pictures: PicturesPass;
  readonly #names: NamesOverlay;
  readonly #marks: MarksOverlay;
  readonly #rig: CameraRig;
  readonly #navigator: Navigator;
  readonly #pickScene: PickScene;
  readonly #endings: (() => void)[] = [];
  readonly #spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
  readonly #half = { w: 0, h: 0 };
  #requested = 0;
  #lastMs = 0;
  #pointer: { x: number; y: number } | null = null;

  /**
   * @param parent - filled by the canvas; must be in the page
   * @param view - where to begin; null: the whole galaxy
   * Raises NoWebglError.
   */
  constructor(parent: HTMLElement, context: ActionContext, galaxy: Galaxy, view: View | null) {
    this.#context = context;
    this.#galaxy = galaxy;
    const { bounds, clusters } = galaxy.manifest;
    this.#positions = dequantize(galaxy.points.position, bounds.origin, bounds.extent);
    this.#blocks = buildBlocks(this.#positions);
    this.#sizes = sizesOf(this.#positions, bounds.radius);
    this.#bulk = bulkOf(this.#positions, homeAxes());
    this.#renderer = createRenderer(this.#canvas);
    this.#canvas.className = "canvas";
    parent.append(this.#canvas);

    this.#palette = new Palette(clusters);
    this.#nebula = new NebulaPass(clusters, this.#sizes.picture, this.#palette);
    this.#points = new PointsPass(galaxy.points, bounds, this.#sizes, this.#palette);
    const world = { positions: this.#positions, blocks: this.#blocks, sizes: this.#sizes, palette: this.#palette };
    const smallUrlOf = (index: number): string => renditionUrl(context.config.rendition_url, galaxy.ids.uuidAt(index), "small");
    this.#pictures = new PicturesPass(this.#renderer, galaxy, world, budgetOf(window), smallUrlOf, () => { this.invalidate(); });
    this.#three.add(this.#nebula.object, this.#points.object, this.#pictures.object);
    this.#names = new NamesOverlay(parent, clusters, this.#palette);
    this.#marks = new MarksOverlay(parent, galaxy.points, this.#positions, this.#sizes);

    const { radius, picture } = this.#sizes;
    const home = homeView(this.#bulk, this.#sizes, { width: parent.clientWidth, height: parent.clientHeight }, context.store.getState().insets);
    this.#rig = new CameraRig(view ?? home, radius, picture);
    this.#navigator = new Navigator(view ?? home, 1.1 * picture, 6 * radius + 20 * picture);
    this.#pickScene = {
      positions: this.#positions,
      blocks: this.#blocks,
      sizes: this.#sizes,
      halfWidth: (index) => (this.#pictures.isPicture(index) ? this.#halfOf(index).w : 0),
      halfHeight: (index) => (this.#pictures.isPicture(index) ? this.#halfOf(index).h : 0),
      front: -1,
    };
    this.#listen(parent);
  }

  get view(): View {
    return this.#navigator.view;
  }

  get isMoving(): boolean {
    return this.#requested !== 0;
  }

  get nVisiblePictures(): number {
    return this.#pictures.nSeen;
  }

  /** Asks for a frame. Any number of calls before it make one. */
  invalidate(): void {
    // Behind the list nothing is seen; whoever shows the galaxy again asks for a frame.
    if (this.#context.store.getState().view === "list") return;
    if (this.#requested === 0) this.#requested = requestAnimationFrame(this.#draw);
  }

  /** The picture or point drawn frontmost at a place of the canvas (CSS px), or -1. */
  pick(x: number, y: number): number {
    return pickAt(this.#pickScene, this.#rig.frame.projection, x, y);
  }

  /** Where a point is drawn (CSS px of the canvas), or null behind the camera or outside. */
  project(index: number): ScreenPoint | null {
    const { projection } = this.#rig.frame;
    const p = this.#positions;
    if (!project(projection, p[3 * index]!, p[3 * index + 1]!, p[3 * index + 2]!, this.#spot)) return null;
    const { x, y } = this.#spot;
    return x < 0 || y < 0 || x > projection.width || y > projection.height ? null : { ...this.#spot };
  }

  centredPicture(): number {
    const { x, y } = this.#rig.middle;
    const hit = pickAt(this.#pickScene, this.#rig.frame.projection, x, y, CENTRE_REACH_PX);
    return hit;
  }

  zoom(factor: number): void {
    const { x, y } = this.#rig.middle;
    this.#navigator.zoom(factor, this.#anchorAt(x, y));
    this.invalidate();
  }

  /** Gives everything back but the canvas element, which a lost context needs to be given back on. */
  dispose(): void {
    cancelAnimationFrame(this.#requested);
    for (const end of this.#endings) end();
    this.#pictures.dispose();
    this.#points.dispose();
    this.#nebula.dispose();
    this.#palette.dispose();
    this.#names.dispose();
    this.#marks.dispose();
    this.#renderer.dispose();
  }

  readonly #draw = (nowMs: number): void => {
    this.#requested = 0;
    // After a rest the first step is one frame long.
    const elapsedMs = this.#lastMs === 0 ? 16 : clamp(nowMs - this.#lastMs, 1, MAX_ELAPSED_MS);
    const { frame } = this.#rig;
    const moves = this.#navigator.step(elapsedMs);
    const shifts = this.#rig.update(this.#navigator.view, elapsedMs);
    const dims = this.#palette.step(elapsedMs, frame.reducedMotion);
    const fades = this.#pictures.update(frame);
    this.#nebula.update(frame);
    this.#points.update(frame);
    this.#names.update(frame, this.#isCovered);
    if ((moves || shifts) && this.#context.store.getState().hovered >= 0) this.#clearHover();
    this.#marks.update(frame, this.#isPicture);
    this.#renderer.render(this.#three, frame.camera);
    this.nFrames += 1;
    const goesOn = moves || shifts || dims || fades;
    this.#lastMs = goesOn ? nowMs : 0;
    if (goesOn) this.invalidate();
    else if (this.#pointer !== null) this.#hover(this.#pointer.x, this.#pointer.y);
  };

  readonly #isCovered = (x: number, y: number, depth: number): boolean => this.#pictures.covers(x, y, depth, this.#rig.frame.projection);

  readonly #isPicture = (index: number): boolean => this.#pictures.isPicture(index);

  #halfOf(index: number): { w: number; h: number } {
    halfExtents(this.#galaxy.points.aspect[index]!, this.#half);
    return this.#half;
  }

  #listen(parent: HTMLElement): void {
    const { store } = this.#context;
    const state = store.getState();
    const resize = new ResizeObserver(() => { this.#resize(parent); });
    resize.observe(parent);
    this.#endings.push(() => { resize.disconnect(); });
    this.#resize(parent);

    const pointer = new PointerControls(this.#canvas, this.#navigator, this.#pointerListener());
    const keys = new KeyControls(window, this.#navigator, () => store.getState().view === "space" && !store.getState().helpOpen, () => { this.invalidate(); });
    this.#endings.push(() => { pointer.dispose(); }, () => { keys.dispose(); });

    const focus = (): void => {
      const { previewedCluster, focusedCluster } = store.getState();
      this.#palette.focus(previewedCluster ?? focusedCluster);
      this.invalidate();
    };
    const setReduced = (reduced: boolean): void => {
      this.#navigator.reducedMotion = reduced;
      this.#rig.frame.reducedMotion = reduced;
    };
    this.#endings.push(
      watch(store, (s) => s.flight, (flight) => { this.#fly(flight); }),
      watch(store, (s) => s.previewedCluster, focus),
      watch(store, (s) => s.focusedCluster, focus),
      watch(store, (s) => s.reducedMotion, setReduced),
      watch(store, (s) => s.insets, () => { this.#setInsets(false); }),
      watch(store, (s) => s.hovered, () => { this.#mark(); }),
      watch(store, (s) => s.hoveredTitle, () => { this.#mark(); }),
      watch(store, (s) => s.selection, () => { this.#mark(); this.invalidate(); }),
    );
    setReduced(state.reducedMotion);
    this.#setInsets(true);
    this.#mark();
    focus();
  }

  #pointerListener(): PointerListener {
    return {
      onMove: () => { this.invalidate(); },
      onHover: (x, y) => {
        this.#pointer = { x, y };
        if (this.#requested === 0) this.#hover(x, y);
      },
      onLeave: () => {
        this.#pointer = null;
        this.#clearHover();
      },
      onClick: (x, y) => {
        const index = this.pick(x, y);
        if (index >= 0) { flyToImage(this.#context, index); return; }
        const cluster = this.#names.clusterAt(x, y);
        if (cluster !== null) flyToCluster(this.#context, cluster);
      },
      onDoubleClick: (x, y) => {
        if (this.pick(x, y) >= 0 || this.#names.clusterAt(x, y) !== null) return;
        this.#navigator.zoom(0.4, this.#anchorAt(x, y));
        this.invalidate();
      },
      anchorAt: (x, y) => this.#anchorAt(x, y),
      worldPerPx: () => this.#navigator.view.distance / this.#rig.frame.projection.focal,
    };
  }

  /** The place in space under a place on the canvas: on the picked picture, else at the pivot's depth. */
  #anchorAt(x: number, y: number): Vec3 {
    const { frame } = this.#rig;
    const index = this.pick(x, y);
    const depth = index >= 0 ? this.project(index)?.depth ?? this.#navigator.view.distance : this.#navigator.view.distance;
    const centre = this.#rig.middle;
    const right = ((x - centre.x) * depth) / frame.projection.focal;
    const up = ((centre.y - y) * depth) / frame.projection.focal;
    return [0, 1, 2].map((i) => frame.eye[i]! + frame.axes.forward[i]! * depth + frame.axes.right[i]! * right + frame.axes.up[i]! * up) as Vec3;
  }

  #hover(x: number, y: number): void {
    const index = this.pick(x, y);
    hoverImage(this.#context, index);
    this.#canvas.classList.toggle("pointing", index >= 0 || this.#names.clusterAt(x, y) !== null);
  }

  #clearHover(): void {
    hoverImage(this.#context, -1);
    this.#canvas.classList.remove("pointing");
  }

  /** Rings and tooltip are page elements: they change without a frame. */
  #mark(): void {
    const { hovered, hoveredTitle, selection } = this.#context.store.getState();
    this.#marks.hovered = hovered;
    this.#marks.selected = selection?.index ?? -1;
    this.#pictures.front = this.#pickScene.front = this.#marks.selected;
    if (hovered >= 0) {
      const index = this.#galaxy.points.cluster[hovered]!;
      const cluster = this.#galaxy.manifest.clusters.find((one) => one.index === index);
      this.#marks.setTip(hoveredTitle, cluster?.name ?? "", cluster?.colour ?? "");
    }
    this.#marks.update(this.#rig.frame, this.#isPicture);
  }

  #fly(flight: Flight | null): void {
    if (flight === null) return;
    const { manifest } = this.#galaxy;
    const { view } = this.#navigator;
    const { insets } = this.#context.store.getState();
    if (flight.to === "image") this.#navigator.flyTo(viewOfImage(view, this.#positions, flight.index, this.#sizes, this.#rig.frame.projection, insets));
    else if (flight.to === "cluster") this.#navigator.flyTo(viewOfCluster(view, manifest, flight.cluster, this.#sizes, this.#rig.frame.projection, insets));
    else this.#navigator.flyTo(homeView(this.#bulk, this.#sizes, this.#rig.frame.projection, insets));
    this.invalidate();
  }

  #setInsets(atOnce: boolean): void {
    const { insets } = this.#context.store.getState();
    this.#rig.setInsets(insets, atOnce);
    const { width, height } = this.#rig.frame.projection;
    const obstacles = [
      { x0: 0, y0: 0, x1: insets.left, y1: height },
      { x0: width - insets.right, y0: 0, x1: width, y1: height },
      { x0: 0, y0: height - insets.bottom, x1: width, y1: height },
    ];
    this.#names.setObstacles(obstacles.filter((o) => o.x1 > o.x0 && o.y1 > o.y0));
    this.invalidate();
  }

  #resize(parent: HTMLElement): void {
    const { clientWidth, clientHeight } = parent;
    if (clientWidth === 0 || clientHeight === 0) return;
    const pixelRatio = Math.min(MAX_PIXEL_RATIO, window.devicePixelRatio);
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(clientWidth, clientHeight);
    this.#rig.resize(clientWidth, clientHeight, pixelRatio);
    this.#setInsets(true);
    this.invalidate();
  }
}

/** WebGL 2 is not to be had in this browser. */
export class NoWebglError extends Error {}

function createRenderer(canvas: HTMLCanvasElement): WebGLRenderer {
  const context = canvas.getContext("webgl2", { alpha: true, antialias: false, premultipliedAlpha: true, powerPreference: "high-performance" });
  if (context === null) throw new NoWebglError("Expected WebGL 2, this browser gives none.");
  const renderer = new WebGLRenderer({ canvas, context, alpha: true, antialias: false });
  renderer.setClearColor(0x000000, 0);
  return renderer;
}
