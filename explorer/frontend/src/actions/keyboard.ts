import { toggleAudit } from "./audit";
import { close } from "./close";
import type { Action, ActionContext } from "./context";
import { isForControl } from "./fly_keys";
import { focusSearch } from "./focus_search";
import { goHome } from "./go_home";
import { openCentred } from "./open_centred";
import { stepNext } from "./step_next";
import { stepPrevious } from "./step_previous";
import { walkBack, walkOn } from "./strip";
import { toggleBoxes } from "./toggle_boxes";
import { toggleClusters } from "./toggle_clusters";
import { toggleColouring } from "./toggle_colouring";
import { toggleFlat } from "./toggle_flat";
import { toggleHelp } from "./toggle_help";
import { toggleLines } from "./toggle_lines";
import { toggleList } from "./toggle_list";
import { toggleViewer } from "./toggle_viewer";
import { toggleTour } from "./tour";
import { zoomIn, zoomOut } from "./zoom";

/** Every action that has a key, in the order in which the help lists them. */
export const KEY_ACTIONS: readonly Action[] = [
  focusSearch,
  openCentred,
  stepPrevious,
  stepNext,
  walkBack,
  walkOn,
  toggleViewer,
  toggleBoxes,
  goHome,
  zoomIn,
  zoomOut,
  toggleFlat,
  toggleColouring,
  toggleLines,
  toggleTour,
  toggleClusters,
  toggleList,
  toggleAudit,
  toggleHelp,
  close,
];

/** The action of a key press, or undefined. Letters count in either case; with Ctrl, Alt or Meta they are the browser's. */
export function actionOfKey(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): Action | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  return KEY_ACTIONS.find((action) => action.keys.some((one) => one.toLowerCase() === key));
}

/** Lets the keyboard perform actions. Returns what ends it. */
export function followKeyboard(context: ActionContext, page: Window): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const action = actionOfKey(event);
    if (action === undefined || event.defaultPrevented || isForControl(event.target, event.key)) return;
    if (context.store.getState().helpOpen && action !== close && action !== toggleHelp) return;
    if (action.isEnabled?.(context) === false) return;
    event.preventDefault();
    action.perform(context);
  };
  page.addEventListener("keydown", onKey);
  return () => { page.removeEventListener("keydown", onKey); };
}
