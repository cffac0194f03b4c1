import "./ui/styles/index.css";
import { createRoot } from "react-dom/client";
import { followAddress } from "./actions/address";
import type { ActionContext } from "./actions/context";
import { followPublication } from "./actions/follow_publication";
import { followKeyboard } from "./actions/keyboard";
import { load } from "./actions/load";
import { retryOnline } from "./actions/retry";
import { followTheme, readTheme } from "./actions/theme";
import { readBoxesShown } from "./actions/toggle_boxes";
import { guideTour } from "./actions/tour";
import { readConfig } from "./config";
import { mountScene } from "./scene/mount";
import { createGalaxyStore } from "./store/store";
import { createProbe } from "./testing";
import { language } from "./text";
import { App } from "./ui/app";

const root = document.getElementById("galaxy-root");
if (root === null) throw new Error('Expected an element with the id "galaxy-root" in the page, found none.');

const wantsLessMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
const isNarrow = window.matchMedia("(max-width: 720px)").matches;
const parameters = new URLSearchParams(window.location.search);
const embedded = parameters.get("embed") === "1";
const config = readConfig(document);
const context: ActionContext = {
  store: createGalaxyStore({ reducedMotion: wantsLessMotion.matches, boxesShown: readBoxesShown(), clustersOpen: !isNarrow && !embedded, embedded, theme: readTheme() }),
  config,
  stage: null,
};
wantsLessMotion.addEventListener("change", (event) => {
  context.store.setState({ reducedMotion: event.matches });
});

document.documentElement.lang = language;
followTheme(context, window);

const space = document.createElement("div");
space.className = "space";
/** The page's main part while the galaxy is drawn; else the list is, or what is said instead. */
const stage = document.createElement("div");
stage.append(space);
const ui = document.createElement("div");
ui.className = embedded ? "ui embedded" : "ui";
// The chrome first: its first stop for Tab leads past all the others.
root.append(ui, stage);

const mounted = mountScene(space, context);
window.galaxy = createProbe(context, () => mounted.scene, () => space.getBoundingClientRect());
createRoot(ui).render(<App context={context} space={space} />);

followKeyboard(context, window);
followAddress(context, window);
retryOnline(context, window);
followPublication(context, window);
guideTour(context, window, config.kiosk === true || parameters.get("kiosk") === "1");
void load(context);
