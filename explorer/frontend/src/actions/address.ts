import { text } from "../text/en";
import type { State } from "../store/state";
import { watch } from "../store/store";
import type { ActionContext } from "./context";
import { formatPlace, parsePlace, type Place } from "./place";
import { selectImage } from "./select_image";

/** A camera that has stood still this long is where somebody wanted it. */
const REST_MS = 300;

/** The address of this page with a picture open; with the view too, if the page shows that picture now. */
export function addressOf(uuid: string, page: Location = window.location): string {
  const hash = parsePlace(page.hash).image === uuid ? page.hash : `#image=${uuid}`;
  return `${page.origin}${page.pathname}${page.search}${hash}`;
}

/** Where the page is now, the camera left out. */
function placeOf({ selection, focusedCluster, galaxy, view, layout }: State): Place {
  const cluster = selection === null ? galaxy?.manifest.clusters.find((one) => one.index === focusedCluster) : undefined;
  return { image: selection?.uuid ?? null, cluster: cluster?.uuid ?? null, view: null, mode: view === "list" ? "list" : layout };
}

/**
 * Goes to where an address leads. Says so when there is no such picture.
 *
 * @param atOnce - cuts to the view instead of flying: for a page that has just been opened
 */
export async function goToPlace(context: ActionContext, place: Place, atOnce = false): Promise<void> {
  const { store } = context;
  const { galaxy, phase, gl } = store.getState();
  if (galaxy === null || phase !== "ready") return;
  let index = -1;
  let problem = "";
  if (place.image !== null) {
    try {
      index = await galaxy.find(place.image);
      if (index < 0) problem = text.unknownPicture;
    } catch {
      problem = text.pictureUnknown;
    }
  }
  if (store.getState().galaxy !== galaxy) return;
  const isFlat = place.mode === "flat" && galaxy.manifest.flat !== null;
  const cluster = galaxy.manifest.clusters.find((one) => one.uuid === place.cluster)?.index ?? null;
  store.setState({
    // Without WebGL the list is all there is, whatever the address says.
    view: place.mode === "list" || gl === "missing" ? "list" : "space",
    layout: isFlat ? "flat" : "space",
    tour: null,
    ...(index < 0 ? { selecting: -1, selection: null, details: null, litMark: null, focusedCluster: cluster } : {}),
    ...(problem === "" ? {} : { announcement: problem, notice: problem }),
  });
  if (index >= 0) void selectImage(context, index);
  if (place.view !== null) store.setState({ flight: { to: "view", view: place.view, atOnce } });
  else if (index >= 0) store.setState({ flight: { to: "image", index } });
  else if (cluster !== null) store.setState({ flight: { to: "cluster", cluster } });
  else if (!atOnce) store.setState({ flight: { to: "home" } });
}

/**
 * Keeps the address and the page alike, both ways: a picture, cluster or mode chosen is a step one can go back; a camera that
 * came to rest only changes the present step. In a frame nothing is a step: the history is that of the page around it.
 * Returns what ends it.
 */
export function followAddress(context: ActionContext, page: Window): () => void {
  const { store } = context;
  let isFollowing = false;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const write = (place: Place, isStep: boolean): void => {
    const { pathname, search, hash } = page.location;
    const wanted = formatPlace(place);
    if (wanted === hash) return;
    const address = wanted === "" ? `${pathname}${search}` : wanted;
    if (isStep && !store.getState().embedded) page.history.pushState(null, "", address);
    else page.history.replaceState(null, "", address);
  };
  const onRest = (): void => {
    clearTimeout(resting);
    resting = setTimeout(() => {
      const state = store.getState();
      // On a tour it is the page that moves, not its visitor.
      if (state.phase === "ready" && state.tour === null) write({ ...placeOf(state), view: state.restingView }, false);
    }, REST_MS);
  };
  const onStep = (): void => {
    const state = store.getState();
    if (isFollowing || state.phase !== "ready" || state.tour !== null) return;
    // A picture that an address names is opened a moment later: that is no step either.
    const isThere = formatPlace({ ...parsePlace(page.location.hash), view: null }) === formatPlace(placeOf(state));
    if (!isThere) write(placeOf(state), true);
    onRest();
  };
  const follow = async (atOnce: boolean): Promise<void> => {
    isFollowing = true;
    try {
      await goToPlace(context, parsePlace(page.location.hash), atOnce);
    } finally {
      isFollowing = false;
    }
  };
  const onPop = (): void => { void follow(false); };
  page.addEventListener("popstate", onPop);
  const endings = [
    watch(store, (state) => formatPlace(placeOf(state)), onStep),
    watch(store, (state) => state.restingView, onRest),
    watch(store, (state) => state.phase, (phase) => {
      if (phase === "ready" && page.location.hash !== "") void follow(true);
    }),
  ];
  return () => {
    clearTimeout(resting);
    page.removeEventListener("popstate", onPop);
    for (const end of endings) end();
  };
}
