import type { Galaxy } from "../api/galaxy";
import type { Cluster } from "../api/wire";
import { nearestTo } from "../math/nearest";
import { text } from "../text/en";
import { watch } from "../store/store";
import type { Action, ActionContext } from "./context";

/** How long one stop takes, arrival included. */
export const STOP_MS = 14_000;
/** When, within a stop, one comes near some of its pictures. */
export const APPROACH_MS = 6_500;
/** A kiosk that nobody touches for this long begins its tour. */
export const IDLE_MS = 90_000;
const N_PICTURES = 4;
const OWN_KEYS: readonly string[] = ["Enter", " ", "Tab", "Shift"];

/** The clusters with pictures, in the order of the tour. */
function stopsOf(galaxy: Galaxy): Cluster[] {
  return galaxy.manifest.clusters.filter((one) => one.n_images > 0).sort((a, b) => a.tour_order - b.tour_order);
}

function canTour({ store }: ActionContext): boolean {
  const { phase, gl, galaxy } = store.getState();
  return phase === "ready" && gl === "ok" && galaxy !== null && stopsOf(galaxy).length > 0;
}

/** Begins the tour at its first stop; what was open is closed. */
export function startTour(context: ActionContext): void {
  const { galaxy } = context.store.getState();
  if (galaxy === null || !canTour(context)) return;
  const stops = stopsOf(galaxy).map((one) => one.index);
  context.store.setState({ tour: { stops, at: 0, pictures: [] }, view: "space", selection: null, details: null, litMark: null, helpOpen: false });
}

/** Ends the tour where it is, and says so. */
export function stopTour(context: ActionContext): void {
  if (context.store.getState().tour === null) return;
  context.store.setState({ tour: null, announcement: text.tourStopped });
}

/** Goes on to another stop, round and round. */
export function moveTour(context: ActionContext, by: 1 | -1): void {
  const { tour } = context.store.getState();
  if (tour === null || tour.stops.length === 1) return;
  const at = (tour.at + by + tour.stops.length) % tour.stops.length;
  context.store.setState({ tour: { ...tour, at, pictures: [] } });
}

export const toggleTour: Action = {
  name: "tour",
  label: "Begin or end the guided tour",
  keys: ["t"],
  isEnabled: canTour,
  perform: (context) => {
    if (context.store.getState().tour === null) startTour(context);
    else stopTour(context);
  },
};

/**
 * Leads from stop to stop while there is a tour, stops it at any touch, key or wheel, and in a kiosk begins it when nobody
 * has done anything for a while. Returns what ends it.
 */
export function guideTour(context: ActionContext, page: Window, isKiosk: boolean): () => void {
  const { store } = context;
  let timers: ReturnType<typeof setTimeout>[] = [];
  let idle: ReturnType<typeof setTimeout> | undefined;

  const clear = (): void => {
    for (const timer of timers) clearTimeout(timer);
    timers = [];
  };
  const wait = (): void => {
    clearTimeout(idle);
    if (isKiosk && store.getState().tour === null) idle = setTimeout(() => { startTour(context); wait(); }, IDLE_MS);
  };
  const visit = (): void => {
    clear();
    const { tour, galaxy } = store.getState();
    if (tour === null || galaxy === null) {
      wait();
      return;
    }
    const cluster = galaxy.manifest.clusters.find((one) => one.index === tour.stops[tour.at]);
    if (cluster === undefined) return;
    store.setState({
      flight: { to: "cluster", cluster: cluster.index },
      focusedCluster: cluster.index,
      previewedCluster: null,
      announcement: text.announceStop(tour.at + 1, tour.stops.length, cluster.name, cluster.n_images, cluster.description),
    });
    const { positions, cluster: clusters } = galaxy.points;
    const isMember = (index: number): boolean => clusters[index] === cluster.index && galaxy.isShown(index);
    const middle = nearestTo(positions, cluster.centroid, isMember, N_PICTURES);
    void showPictures(context, galaxy, middle);
    if (middle[0] !== undefined) {
      const index = middle[0];
      timers.push(setTimeout(() => { store.setState({ flight: { to: "near", index } }); }, APPROACH_MS));
    }
    timers.push(setTimeout(() => { moveTour(context, 1); }, STOP_MS));
  };
  const onTouch = (event: Event): void => {
    const isInside = event.target instanceof Element && event.target.closest("[data-tour]") !== null;
    // A button that was clicked keeps the focus: of the keys, only those that press it or go on to the next are its own.
    const isOwn = isInside && (!(event instanceof KeyboardEvent) || OWN_KEYS.includes(event.key));
    const isToggle = event instanceof KeyboardEvent && toggleTour.keys.includes(event.key.toLowerCase());
    if (!isOwn && !isToggle) stopTour(context);
    wait();
  };
  const endings = [watch(store, (state) => state.tour?.at, visit), watch(store, (state) => state.phase, wait)];
  for (const kind of ["pointerdown", "keydown", "wheel"]) page.addEventListener(kind, onTouch, { capture: true, passive: true });
  page.addEventListener("pointermove", wait, { passive: true });
  wait();
  return () => {
    clear();
    clearTimeout(idle);
    for (const end of endings) end();
    for (const kind of ["pointerdown", "keydown", "wheel"]) page.removeEventListener(kind, onTouch, { capture: true });
    page.removeEventListener("pointermove", wait);
  };
}

/** Names the pictures in the middle of a stop, for its caption; they may come after the next stop was reached. */
async function showPictures({ store }: ActionContext, galaxy: Galaxy, points: readonly number[]): Promise<void> {
  const at = store.getState().tour?.at;
  try {
    const pictures = await Promise.all(points.map((index) => galaxy.uuidOf(index)));
    const { tour } = store.getState();
    if (tour !== null && tour.at === at) store.setState({ tour: { ...tour, pictures } });
  } catch {
    // The stop is worth its while without them; the scene says when files cannot be had.
  }
}
