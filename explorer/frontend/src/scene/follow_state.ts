import type { Colouring, State } from "../store/state";
import { watch, type Store } from "../store/store";

/** What the scene does about each part of the page's state. */
export interface StateListeners {
  /** The cluster that all others step back for; null: none. */
  focus(cluster: number | null): void;
  reducedMotion(isReduced: boolean): void;
  colouring(colouring: Colouring): void;
  look(isLight: boolean): void;
  matches(matches: Uint8Array | null): void;
  insets(atOnce: boolean): void;
  /** Hovered, selected, or a title came: these are page elements. */
  marks(): void;
  /** What is drawn changed, too. */
  selection(): void;
  /** Whether the pointer draws a line around pictures. */
  drawing(isDrawing: boolean): void;
}

/** Tells the listeners of the state as it is, and of every change. Returns what ends that. */
export function followState(store: Store, listeners: StateListeners): () => void {
  const focused = ({ previewedCluster, focusedCluster }: State): number | null => previewedCluster ?? focusedCluster;
  const draws = ({ audit, view }: State): boolean => view === "space" && audit?.isDrawing === true;
  const endings = [
    watch(store, focused, (cluster) => { listeners.focus(cluster); }),
    watch(store, (s) => s.reducedMotion, (isReduced) => { listeners.reducedMotion(isReduced); }),
    watch(store, (s) => s.colouring, (colouring) => { listeners.colouring(colouring); }),
    watch(store, (s) => s.isLight, (isLight) => { listeners.look(isLight); }),
    watch(store, (s) => s.matches, (matches) => { listeners.matches(matches); }),
    watch(store, (s) => s.insets, () => { listeners.insets(false); }),
    watch(store, (s) => s.hovered, () => { listeners.marks(); }),
    watch(store, (s) => s.hoveredTitle, () => { listeners.marks(); }),
    watch(store, (s) => s.selection, () => { listeners.marks(); listeners.selection(); }),
    watch(store, draws, (isDrawing) => { listeners.drawing(isDrawing); }),
  ];
  const state = store.getState();
  listeners.reducedMotion(state.reducedMotion);
  listeners.colouring(state.colouring);
  listeners.look(state.isLight);
  listeners.matches(state.matches);
  listeners.insets(true);
  listeners.marks();
  listeners.focus(focused(state));
  listeners.drawing(draws(state));
  return () => { for (const end of endings) end(); };
}
