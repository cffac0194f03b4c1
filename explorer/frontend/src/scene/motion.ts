import type { ActionContext } from "../actions/context";
import { isNews, rememberSeen } from "../actions/news";
import type { Galaxy } from "../api/galaxy";
import { bulkOf } from "../math/bulk";
import { mapDistance, MORPH_MS } from "../math/flat";
import { planFlight } from "../math/flight";
import { ballsOf, type Region } from "../math/regions";
import type { Sizes } from "../math/sizes";
import { spinesOf } from "../math/spine";
import { cloneView, type View } from "../math/view";
import type { Flight, Layout } from "../store/state";
import { watch } from "../store/store";
import { text } from "../text";
import { Arrivals } from "./arrivals";
import type { CameraRig } from "./camera_rig";
import { FlatMorph } from "./flat_morph";
import type { LinesPass } from "./lines_pass";
import type { Navigator } from "./navigator";
import { flatAxes, homeAxes, homeView, nearView, viewOfBall, viewOfImage, type Ground } from "./targets";

/** A tour flies at leisure, and turns slowly where it stays: radians a second. */
const TOUR_PACE = 1.8;
const TOUR_DRIFT = 0.045;
/** Two views this alike, in shares of the distance and in radians, are one to the eye. */
const ALIKE = 2e-3;
/** Beyond this share of the distance from which all is seen, changing the layout shows all again. */
const NEARLY_ALL = 0.6;
/** Points that a cluster's line is drawn through, at most. */
const LINE_SAMPLE = 40_000;

/** What moving asks of the scene. */
export interface MotionHost {
  readonly navigator: Navigator;
  readonly rig: CameraRig;
  readonly lines: LinesPass;
  /** Measures and draws the points anew where they are. `atHome`: that is where the artifact has them. */
  moved(atHome: boolean): void;
  /** The regions' balls were moved. */
  regionsMoved(): void;
  centredPicture(): number;
  invalidate(): void;
}

/** All that moves by plan: flights of the camera, the change of layout, newcomers, the drift of a tour, the lines that follow. */
export class Motion {
  /** Clusters, then subgroups. */
  readonly regions: readonly Region[];
  /** (regions, 4): where they are now: centre and radius. */
  readonly balls: Float32Array;
  /** The whole galaxy as one opens it. */
  readonly home: View;
  readonly #context: ActionContext;
  readonly #galaxy: Galaxy;
  readonly #sizes: Sizes;
  readonly #arrivals: Arrivals;
  readonly #endings: (() => void)[] = [];
  #host: MotionHost | null = null;
  #morph: FlatMorph | null = null;
  /** Where the camera looked from before the galaxy was laid flat. */
  #anglesInSpace: { yaw: number; pitch: number } | null = null;
  /** A flight that was asked for while flat places were on their way. */
  #waiting: Flight | null = null;
  #isLoading = false;
  #isDisposed = false;
  #hasSpines = false;
  #lastRest: View | null = null;

  /** @param canvas - the size of what is drawn on, CSS px */
  constructor(context: ActionContext, galaxy: Galaxy, sizes: Sizes, canvas: { readonly width: number; readonly height: number }) {
    this.#context = context;
    this.#galaxy = galaxy;
    this.#sizes = sizes;
    this.regions = [...galaxy.manifest.clusters.map((one) => ({ cluster: one.index, centroid: one.centroid, radius: one.radius })), ...galaxy.manifest.subgroups];
    this.balls = ballsOf(this.regions);
    this.#arrivals = new Arrivals(galaxy, sizes.radius);
    this.home = this.#homeIn("space", canvas);
  }

  /** Begins to listen and to move; called once, when there is something to draw with. */
  start(host: MotionHost): void {
    this.#host = host;
    const { store } = this.#context;
    const setTour = (isTouring: boolean): void => {
      host.navigator.drift = isTouring ? TOUR_DRIFT : 0;
      host.invalidate();
    };
    const setLines = (): void => { this.#drawLines(); };
    this.#endings.push(
      watch(store, (s) => s.layout, () => { void this.#changeLayout(); }),
      watch(store, (s) => s.flight, (flight) => { if (flight !== null) this.fly(flight); }),
      watch(store, (s) => s.tour !== null, setTour),
      watch(store, (s) => s.linesShown, setLines),
      this.#galaxy.nodes.onHidden(() => { host.invalidate(); }),
      this.#galaxy.nodes.onLoaded((node) => {
        this.#morph?.lay(node);
        if (this.#morph?.isAtHome === false) host.moved(false);
      }),
    );
    setTour(store.getState().tour !== null);
    setLines();
    if (store.getState().layout === "flat") void this.#changeLayout();
    else void this.#welcome();
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const end of this.#endings) end();
    this.#arrivals.finish();
    if (this.#morph !== null && !this.#morph.isAtHome) {
      this.#morph.dispose();
      this.#host?.moved(true);
    }
  }

  /** Moves on by some milliseconds. Returns whether there is more to come. */
  step(elapsedMs: number): boolean {
    const host = this.#host;
    if (host === null) return false;
    const flew = this.#arrivals.step(elapsedMs);
    const lay = this.#morph?.step(elapsedMs) ?? false;
    if (flew || lay) host.moved((this.#morph?.isAtHome ?? true) && !this.#arrivals.isMoving);
    if (lay) {
      host.rig.flatness = this.#morph!.share;
      host.regionsMoved();
      if (!this.#morph!.isMoving) this.#drawLines();
    }
    return this.#arrivals.isMoving || (this.#morph?.isMoving ?? false);
  }

  /** Nothing moves any more: tells the page where the camera came to rest, if that is elsewhere than the last time. */
  rest(view: View): void {
    const { store } = this.#context;
    if (this.#lastRest !== null && isAlike(this.#lastRest, view)) return;
    this.#lastRest = cloneView(view);
    const isHome = isAlike(view, this.#homeNow());
    store.setState({ restingView: isHome ? null : cloneView(view) });
  }

  fly(flight: Flight): void {
    const host = this.#host;
    if (host === null) return;
    if (this.#isLoading) {
      this.#waiting = flight;
      return;
    }
    this.#lastRest = null;
    this.#context.store.setState({ restingView: null });
    if (flight.to === "view" && flight.atOnce) host.navigator.jumpTo(flight.view);
    else host.navigator.flyTo(this.#viewOf(flight), this.#context.store.getState().tour === null ? 1 : TOUR_PACE);
    host.invalidate();
  }

  #viewOf(flight: Flight): View {
    const ground = this.#ground();
    switch (flight.to) {
      case "view":
        return flight.view;
      case "image":
        return viewOfImage(ground, flight.index);
      case "near":
        return nearView(ground, flight.index);
      case "cluster": {
        const at = this.#galaxy.manifest.clusters.findIndex((one) => one.index === flight.cluster);
        return at < 0 ? ground.now : viewOfBall(ground, this.#morph?.targetBalls ?? this.balls, at);
      }
      case "newcomers":
        return this.#viewOfNewcomers(ground);
      case "home":
        return this.#homeNow();
    }
  }

  #viewOfNewcomers(ground: Ground): View {
    const { points } = this.#arrivals;
    this.#arrivals.finish();
    if (points.length === 0) return this.#homeNow();
    const places = new Float32Array(3 * points.length);
    points.forEach((index, k) => { places.set(ground.positions.subarray(3 * index, 3 * index + 3), 3 * k); });
    const bulk = bulkOf(places, ground.isFlat ? flatAxes() : homeAxes());
    return viewOfBall(ground, Float32Array.of(...bulk.centre, bulk.halfSide), 0);
  }

  /** What views are made from, in the layout that is gone to. */
  #ground(): Ground {
    const { rig, navigator } = this.#host!;
    const { layout, insets } = this.#context.store.getState();
    return {
      now: navigator.view,
      isFlat: layout === "flat",
      positions: this.#morph?.targetPositions ?? this.#galaxy.points.positions,
      isShown: (index) => this.#galaxy.isShown(index),
      sizes: this.#sizes,
      canvas: rig.frame.projection,
      insets,
    };
  }

  #homeNow(): View {
    return this.#homeIn(this.#context.store.getState().layout, this.#host!.rig.frame.projection);
  }

  #homeIn(layout: Layout, canvas: { readonly width: number; readonly height: number }): View {
    // The root is an even sample of all points, and the first to be here.
    const { positions } = this.#galaxy.points;
    const source = this.#morph === null ? positions : layout === "flat" ? this.#morph.flat : this.#morph.space;
    const axes = layout === "flat" ? flatAxes() : homeAxes();
    const bulk = bulkOf(source.subarray(0, 3 * (this.#galaxy.nodes.list[0]?.n ?? 0)), axes);
    return homeView(bulk, this.#sizes, canvas, this.#context.store.getState().insets, layout === "flat");
  }

  /** Brings in what came with the latest update, the first time that this browser sees it. */
  async #welcome(): Promise<void> {
    if (!isNews(this.#galaxy)) return;
    const { store } = this.#context;
    try {
      const nNewcomers = await this.#arrivals.find();
      rememberSeen(this.#galaxy);
      if (this.#isDisposed || nNewcomers === 0) return;
      const { reducedMotion, layout, view } = store.getState();
      if (!reducedMotion && layout === "space" && view === "space") this.#arrivals.start();
      store.setState({ nNewcomers });
      this.#host?.invalidate();
    } catch {
      // The scene asks for their nodes again and says when they cannot be had; the next visit brings them in.
    }
  }

  async #changeLayout(): Promise<void> {
    const host = this.#host;
    const { store } = this.#context;
    const { layout } = store.getState();
    if (host === null || this.#isLoading) return;
    this.#arrivals.finish();
    if (layout === "flat") {
      this.#morph ??= new FlatMorph(this.#galaxy, this.#sizes.picture, this.regions, this.balls);
      this.#isLoading = true;
      try {
        await this.#morph.load();
      } catch {
        store.setState({ layout: "space", notice: text.flatFailed, announcement: text.flatFailed });
      } finally {
        this.#isLoading = false;
      }
    }
    const waiting = this.#waiting;
    this.#waiting = null;
    if (this.#isDisposed || this.#morph === null) return;
    // Meanwhile it may have been changed back.
    const now = store.getState().layout;
    const target = now === "flat" ? 1 : 0;
    const atOnce = store.getState().reducedMotion || (waiting?.to === "view" && waiting.atOnce);
    const { navigator } = host;
    if (target === 1 && !navigator.isFlat) this.#anglesInSpace = { yaw: navigator.view.yaw, pitch: navigator.view.pitch };
    const from = navigator.isFlat ? "flat" : "space";
    this.#morph.goTo(target, atOnce);
    host.lines.show(false);
    navigator.isFlat = target === 1;
    navigator.setMaxDistance(Math.max(3 * this.#homeNow().distance, 6 * this.#sizes.radius));
    if (waiting !== null) this.fly(waiting);
    else if (from !== now) this.#flyAcross(from);
    host.invalidate();
  }

  /** Keeps in the middle what is there, while the layout changes under it. */
  #flyAcross(from: Layout): void {
    const host = this.#host!;
    const { navigator } = host;
    const { selection } = this.#context.store.getState();
    const whole = this.#homeIn(from, host.rig.frame.projection).distance;
    const home = this.#homeNow();
    const ground = this.#ground();
    const { view } = navigator;
    const middle = selection?.index ?? (view.distance < NEARLY_ALL * whole ? host.centredPicture() : -1);
    const angles = ground.isFlat ? home : (this.#anglesInSpace ?? home);
    const to: View = { pivot: [...home.pivot], distance: home.distance, yaw: angles.yaw, pitch: angles.pitch };
    if (middle >= 0) {
      for (let i = 0; i < 3; i += 1) to.pivot[i] = ground.positions[3 * middle + i]!;
      to.distance = mapDistance(view.distance, viewOfImage(ground, middle).distance, whole, home.distance);
    }
    // As long as the points take, and as straight as they go: then what is in the middle stays there.
    navigator.flyAlong({ ...planFlight(view, to), rise: 0, durationMs: MORPH_MS });
  }

  #drawLines(): void {
    const host = this.#host;
    if (host === null) return;
    const isShown = this.#context.store.getState().linesShown && this.#morph?.isMoving !== true;
    if (isShown || this.#hasSpines) {
      const { positions, cluster } = this.#galaxy.points;
      this.#hasSpines = true;
      host.lines.setSpines(spinesOf(positions, cluster, this.#lineSample()));
    }
    host.lines.show(isShown);
    host.invalidate();
  }

  *#lineSample(): Generator<number> {
    const { n } = this.#galaxy.points;
    let left = LINE_SAMPLE;
    for (let index = 0; index < n && left > 0; index += 1) {
      if (!this.#galaxy.isLoaded(index) || !this.#galaxy.isShown(index)) continue;
      left -= 1;
      yield index;
    }
  }
}

function isAlike(a: View, b: View): boolean {
  const way = Math.hypot(a.pivot[0] - b.pivot[0], a.pivot[1] - b.pivot[1], a.pivot[2] - b.pivot[2]);
  return way < ALIKE * b.distance && Math.abs(a.distance / b.distance - 1) < ALIKE && Math.abs(a.yaw - b.yaw) < ALIKE && Math.abs(a.pitch - b.pitch) < ALIKE;
}
