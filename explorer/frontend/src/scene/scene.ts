import { Scene as ThreeScene, type WebGLRenderer } from "three";
import { chooseInLasso } from "../actions/audit";
import type { ActionContext, Stage } from "../actions/context";
import { renditionUrl } from "../api/renditions";
import { clamp } from "../math/easing";
import { pointsInLasso } from "../math/lasso";
import { pickAt, type PickScene } from "../math/pick";
import { project, type ScreenPoint } from "../math/project";
import { Resolution } from "../math/resolution";
import { sizesOf } from "../math/sizes";
import type { View } from "../math/view";
import type { World } from "../math/world";
import type { Galaxy } from "../api/galaxy";
import type { Tables } from "../api/wire";
import { budgetOf, isPhone, type Budget } from "./budget";
import { CameraRig } from "./camera_rig";
import { followState } from "./follow_state";
import { KeyControls } from "./key_controls";
import { LassoOverlay } from "./lasso_overlay";
import { LinesPass } from "./lines_pass";
import { lookOf } from "./look";
import { MarksOverlay } from "./marks_overlay";
import { Motion, type MotionHost } from "./motion";
import { NamesOverlay } from "./names_overlay";
import { NebulaPass } from "./nebula_pass";
import { Navigator } from "./navigator";
import { Palette } from "./palette";
import { NodeStreamer } from "./node_streamer";
import { PicturesPass } from "./pictures_pass";
import { PointPool } from "./point_pool";
import { Pointing } from "./pointing";
import { PointerControls } from "./pointer_controls";
import { PointsPass } from "./points_pass";
import { createRenderer } from "./renderer";
import { Retries, type RetryListener } from "./retries";

const MAX_PIXEL_RATIO = 2;
const MAX_ELAPSED_MS = 100;
const CENTRE_REACH_PX = 220;

/**
 * The drawn galaxy: owns the canvas, the passes and the frame loop. A frame is drawn only when something moved, and it
 * allocates nothing. React never hears of it.
 */
export class Scene implements Stage, MotionHost {
  nFrames = 0;
  readonly rig: CameraRig;
  readonly navigator: Navigator;
  readonly lines: LinesPass;
  readonly #context: ActionContext;
  readonly #galaxy: Galaxy;
  readonly #canvas = document.createElement("canvas");
  readonly #renderer: WebGLRenderer;
  readonly #resolution = new Resolution();
  readonly #three = new ThreeScene();
  readonly #world: World;
  readonly #palette: Palette;
  readonly #nebula: NebulaPass;
  readonly #budget: Budget;
  readonly #pool: PointPool;
  readonly #points: PointsPass;
  readonly #streamer: NodeStreamer;
  /** Null until the tables have come: points need none. */
  #pictures: PicturesPass | null = null;
  readonly #names: NamesOverlay;
  readonly #marks: MarksOverlay;
  readonly #motion: Motion;
  readonly #pointing: Pointing;
  readonly #pickScene: PickScene;
  readonly #endings: (() => void)[] = [];
  readonly #spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
  readonly #retries: Retries;
  readonly #listener: RetryListener;
  #requested = 0;
  #isDisposed = false;
  #lastMs = 0;

  /**
   * @param parent - filled by the canvas; must be in the page
   * @param view - where to begin; null: the whole galaxy
   * Raises NoWebglError.
   */
  constructor(parent: HTMLElement, context: ActionContext, galaxy: Galaxy, view: View | null) {
    this.#context = context;
    this.#galaxy = galaxy;
    const { bounds, clusters, subgroups, nodes } = galaxy.manifest;
    const { positions, flags } = galaxy.points;
    // The root is an even sample of all points, and the first to be here.
    const sample = positions.subarray(0, 3 * (nodes[0]?.n ?? 0));
    this.#world = { positions, flags, blocks: galaxy.nodes.blocks, sizes: sizesOf(sample, bounds.radius, galaxy.manifest.n_points) };
    const { sizes } = this.#world;
    this.#motion = new Motion(context, galaxy, sizes, { width: parent.clientWidth, height: parent.clientHeight });
    this.#renderer = createRenderer(this.#canvas);
    this.#canvas.className = "canvas";
    parent.append(this.#canvas);

    this.#palette = new Palette(clusters);
    this.#nebula = new NebulaPass(this.#renderer, clusters, this.#motion.balls, sizes.picture, this.#palette);
    this.lines = new LinesPass(this.#palette, sizes.picture);
    this.#listener = {
      onDue: () => { this.invalidate(); },
      onStalled: (isStalled) => { context.store.setState({ isStalled }); },
    };
    this.#budget = budgetOf(isPhone(window), galaxy.manifest.n_points, nodes);
    this.#pool = new PointPool(galaxy, this.#budget.maxPages);
    this.#points = new PointsPass(this.#pool, sizes, this.#palette);
    this.#streamer = new NodeStreamer(galaxy, this.#pool, this.#listener);
    this.#retries = new Retries({ ...this.#listener, onDue: () => { this.#loadTables(); } });
    this.#three.add(this.#nebula.object, this.lines.object, this.#points.object);
    this.#names = new NamesOverlay(parent, clusters, subgroups, this.#motion.balls, this.#palette);
    this.#marks = new MarksOverlay(parent, galaxy.points, positions, sizes);

    const { radius, picture } = sizes;
    const start = view ?? this.#motion.home;
    this.rig = new CameraRig(start, radius, picture);
    this.navigator = new Navigator(start, 1.1 * picture, 6 * radius + 20 * picture);
    this.#pointing = new Pointing(this, context, this.#canvas, this.rig, this.navigator, this.#names);
    this.#pickScene = {
      world: this.#world,
      extent: (index, px, out) => {
        if (this.#pictures === null) out.w = out.h = 0;
        else this.#pictures.extentOf(index, px, out);
      },
      front: -1,
    };
    this.#listen(parent);
    this.#motion.start(this);
    this.#loadTables();
  }

  get view(): View {
    return this.navigator.view;
  }

  get isMoving(): boolean {
    return this.#requested !== 0;
  }

  /** The longer side of every picture, world units. */
  get pictureSize(): number {
    return this.#world.sizes.picture;
  }

  get isLoading(): boolean {
    return this.#streamer.isLoading || (this.#pictures?.isLoading ?? true);
  }

  get nVisiblePictures(): number {
    return this.#pictures?.nSeen ?? 0;
  }

  get nPointsDrawn(): number {
    return this.#pool.nPoints;
  }

  get nDrawCalls(): number {
    return this.#renderer.info.render.calls;
  }

  get nRequests(): number {
    return this.#streamer.nRequests + (this.#pictures?.nRequests ?? 0);
  }

  /** By our own count: textures, the pool of points, and pictures on their way to the card. */
  get memoryBytes(): number {
    return this.#pool.bytes + (this.#pictures?.bytes ?? 0);
  }

  /** Asks for a frame. Any number of calls before it make one. */
  invalidate(): void {
    // Behind the list nothing is seen; whoever shows the galaxy again asks for a frame.
    if (this.#context.store.getState().view === "list") return;
    if (this.#requested === 0) this.#requested = requestAnimationFrame(this.#draw);
  }

  /** The picture or point drawn frontmost at a place of the canvas (CSS px), or -1. */
  pick(x: number, y: number): number {
    return pickAt(this.#pickScene, this.rig.frame.projection, x, y);
  }

  /** Where a point is drawn (CSS px of the canvas), or null behind the camera or outside. */
  project(index: number): ScreenPoint | null {
    const { projection } = this.rig.frame;
    const p = this.#world.positions;
    if (!project(projection, p[3 * index]!, p[3 * index + 1]!, p[3 * index + 2]!, this.#spot)) return null;
    const { x, y } = this.#spot;
    return x < 0 || y < 0 || x > projection.width || y > projection.height ? null : { ...this.#spot };
  }

  centredPicture(): number {
    const { x, y } = this.rig.middle;
    return pickAt(this.#pickScene, this.rig.frame.projection, x, y, CENTRE_REACH_PX);
  }

  pointsInLasso(line: Float32Array): number[] {
    const { matches } = this.#context.store.getState();
    const { tile } = this.#galaxy.points;
    const isLit = (index: number): boolean => matches === null || matches[tile[index]!] === 1;
    return pointsInLasso(this.#world, this.rig.frame.projection, line, isLit);
  }

  zoom(factor: number): void {
    const { x, y } = this.rig.middle;
    this.navigator.zoom(factor, this.#pointing.anchorAt(x, y));
    this.invalidate();
  }

  moved(atHome: boolean): void {
    this.#streamer.moved(atHome);
    this.invalidate();
  }

  regionsMoved(): void {
    this.#nebula.setBalls(this.#motion.balls);
  }

  retry(): void {
    this.#streamer.retry();
    this.#pictures?.retry();
    this.#retries.reset();
  }

  /** Gives everything back but the canvas element, which a lost context needs to be given back on. */
  dispose(): void {
    this.#isDisposed = true;
    cancelAnimationFrame(this.#requested);
    for (const end of this.#endings) end();
    this.#motion.dispose();
    this.#retries.dispose();
    this.#streamer.dispose();
    this.#pictures?.dispose();
    this.#points.dispose();
    this.#pool.dispose();
    this.#nebula.dispose();
    this.lines.dispose();
    this.#palette.dispose();
    this.#names.dispose();
    this.#marks.dispose();
    this.#renderer.dispose();
  }

  readonly #draw = (nowMs: number): void => {
    this.#requested = 0;
    // After a rest the first step is one frame long.
    const elapsedMs = this.#lastMs === 0 ? 16 : clamp(nowMs - this.#lastMs, 1, MAX_ELAPSED_MS);
    const { frame } = this.rig;
    const flows = this.#motion.step(elapsedMs);
    const moves = this.navigator.step(elapsedMs) || flows;
    const shifts = this.rig.update(this.navigator.view, elapsedMs);
    const dims = this.#palette.step(elapsedMs, frame.reducedMotion);
    const streams = this.#streamer.update(frame.projection);
    const fades = this.#pictures?.update(frame) ?? false;
    const draws = this.lines.update(frame);
    this.#setPixelRatio(this.#resolution.next(moves || shifts, elapsedMs));
    this.#renderer.info.reset();
    this.#nebula.update(frame, this.#renderer);
    this.#pool.cull(frame.projection);
    this.#points.update(frame);
    this.#names.update(frame, this.#isCovered);
    if (moves || shifts) this.#pointing.clear();
    this.#marks.update(frame, this.#isPicture);
    this.#renderer.render(this.#three, frame.camera);
    this.nFrames += 1;
    if (this.nFrames === 1) performance.mark("galaxy-first-frame");
    const goesOn = moves || shifts || dims || draws || streams || fades;
    this.#lastMs = goesOn ? nowMs : 0;
    if (goesOn) this.invalidate();
    else {
      this.#pointing.rest();
      this.#motion.rest(this.navigator.view);
    }
  };

  readonly #isCovered = (x: number, y: number, depth: number): boolean => this.#pictures?.covers(x, y, depth, this.rig.frame.projection) ?? false;

  readonly #isPicture = (index: number): boolean => this.#pictures?.isPicture(index) ?? false;

  /** The pictures come with the tables; until then, and without them, points are points. */
  #loadTables(): void {
    if (this.#pictures !== null) return;
    this.#galaxy.tables().then(
      (tables) => {
        this.#retries.succeeded(0);
        if (!this.#isDisposed && this.#pictures === null) this.#addPictures(tables);
      },
      () => { if (!this.#isDisposed) this.#retries.failed(0, performance.now()); },
    );
  }

  #addPictures(tables: Tables): void {
    const { config, store } = this.#context;
    const urlOf = async (index: number): Promise<string> => renditionUrl(config.rendition_url, await this.#galaxy.uuidOf(index), "small");
    const scene = { world: this.#world, palette: this.#palette, budget: this.#budget };
    const pictures = new PicturesPass(this.#renderer, this.#galaxy, tables, scene, urlOf, this.#listener);
    pictures.front = this.#pickScene.front;
    pictures.setMatches(store.getState().matches);
    pictures.setLook(lookOf(store.getState().isLight));
    this.#pictures = pictures;
    this.#points.setAtlases(pictures.small);
    this.#pool.setTilePlace((tile) => pictures.small.index.placeOf(tile));
    this.#three.add(pictures.object);
    // Now, and not in the middle of the first flight.
    this.#renderer.compile(this.#three, this.rig.frame.camera);
    this.invalidate();
  }

  #listen(parent: HTMLElement): void {
    const { store } = this.#context;
    const resize = new ResizeObserver(() => { this.#resize(parent); });
    resize.observe(parent);
    this.#endings.push(() => { resize.disconnect(); });
    this.#resize(parent);

    const pointer = new PointerControls(this.#canvas, this.navigator, this.#pointing);
    const keys = new KeyControls(window, this.navigator, () => store.getState().view === "space" && !store.getState().helpOpen, () => { this.invalidate(); });
    this.#endings.push(() => { pointer.dispose(); }, () => { keys.dispose(); });

    const lasso = new LassoOverlay(parent, this.#canvas, (line) => { chooseInLasso(this.#context, line); });
    this.#endings.push(() => { lasso.dispose(); }, this.#galaxy.nodes.onLoaded(() => { this.invalidate(); }));
    this.#endings.push(followState(store, {
      focus: (cluster) => { this.#palette.focus(cluster); this.invalidate(); },
      reducedMotion: (isReduced) => { this.navigator.reducedMotion = this.rig.frame.reducedMotion = isReduced; },
      colouring: (colouring) => { this.#points.setColouring(colouring); this.invalidate(); },
      look: (isLight) => {
        for (const pass of [this.#nebula, this.lines, this.#points, this.#pictures]) pass?.setLook(lookOf(isLight));
        this.invalidate();
      },
      matches: (matches) => {
        this.#pool.setMatches(matches);
        this.#pictures?.setMatches(matches);
        this.invalidate();
      },
      insets: (atOnce) => { this.#setInsets(atOnce); },
      marks: () => { this.#mark(); },
      selection: () => { this.invalidate(); },
      drawing: (isDrawing) => { lasso.show(isDrawing); },
    }));
  }

  /** Rings and tooltip are page elements: they change without a frame. */
  #mark(): void {
    const { hovered, hoveredTitle, selection } = this.#context.store.getState();
    this.#marks.hovered = hovered;
    this.#marks.selected = selection?.index ?? -1;
    this.#pickScene.front = this.#marks.selected;
    if (this.#pictures !== null) this.#pictures.front = this.#marks.selected;
    if (hovered >= 0) {
      const index = this.#galaxy.points.cluster[hovered]!;
      const cluster = this.#galaxy.manifest.clusters.find((one) => one.index === index);
      this.#marks.setTip(hoveredTitle, cluster?.name ?? "", cluster?.colour ?? "");
    }
    this.#marks.update(this.rig.frame, this.#isPicture);
  }

  #setInsets(atOnce: boolean): void {
    const { insets } = this.#context.store.getState();
    this.rig.setInsets(insets, atOnce);
    this.#names.keepOut(insets, this.rig.frame.projection);
    this.invalidate();
  }

  #resize(parent: HTMLElement): void {
    const { clientWidth, clientHeight } = parent;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.#renderer.setSize(clientWidth, clientHeight);
    this.rig.resize(clientWidth, clientHeight);
    this.#nebula.resize(clientWidth, clientHeight);
    this.#setPixelRatio(1);
    this.#setInsets(true);
    this.invalidate();
  }

  /** Draws that share of the screen's own pixels. Empties the canvas when it changes: a frame must follow. */
  #setPixelRatio(share: number): void {
    const pixelRatio = share * Math.min(MAX_PIXEL_RATIO, window.devicePixelRatio);
    if (pixelRatio === this.#renderer.getPixelRatio()) return;
    this.#renderer.setPixelRatio(pixelRatio);
    this.rig.frame.pixelRatio = pixelRatio;
  }
}
