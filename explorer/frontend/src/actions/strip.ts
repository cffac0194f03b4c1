import type { Galaxy } from "../api/galaxy";
import type { Selection, Strip } from "../store/state";
import type { Action, ActionContext } from "./context";
import { flyToImage } from "./fly_to_image";

/**
 * Shows the neighbours of the open picture in the strip. Whoever walks along a strip keeps it, and whoever looks at what
 * is like a picture keeps that until it is closed.
 */
export async function showNeighbours(context: ActionContext): Promise<void> {
  const { galaxy, selection, strip } = context.store.getState();
  if (galaxy === null || selection === null || strip?.kind === "similar") return;
  if (strip?.at === selection.index && strip.phase.status !== "failed") return;
  await loadNeighbours(context, galaxy, selection);
}

async function loadNeighbours({ store }: ActionContext, galaxy: Galaxy, of: Selection): Promise<void> {
  const strip: Strip = { kind: "neighbours", of, at: of.index, items: [{ ...of, similarity: 1 }], phase: { status: "loading", share: 0 }, lit: null, before: null };
  store.setState({ strip });
  const isCurrent = (): boolean => store.getState().strip?.of === of;
  try {
    // In a small library some of the twelve have nothing in common with it.
    const near = (await galaxy.neighboursOf(of.index)).filter(({ similarity }) => similarity > 0);
    // Walked on meanwhile: `at` is kept.
    if (isCurrent()) store.setState((state) => ({ strip: { ...strip, at: state.strip!.at, items: [...strip.items, ...near], phase: { status: "ready", recall: null } } }));
  } catch {
    if (isCurrent()) store.setState({ strip: { ...strip, phase: { status: "failed" } } });
  }
}

/** Closes what is like a picture, and lights all points again; the open picture's neighbours come back. */
export function closeSimilar(context: ActionContext): void {
  if (context.store.getState().strip?.kind !== "similar") return;
  dropStrip(context);
  void showNeighbours(context);
}

/** Forgets the strip: the panel has gone. What it lit goes out, and what a search had lit before is lit again. */
export function dropStrip({ store }: ActionContext): void {
  store.setState(({ strip, matches }) => ({ strip: null, matches: strip !== null && matches === strip.lit ? strip.before : matches }));
}

/** Flies to a picture of the strip. From there on its own neighbours are shown, unless these are what is like another. */
export function openFromStrip(context: ActionContext, index: number): void {
  const { galaxy, selection, strip } = context.store.getState();
  if (galaxy === null || selection === null) return;
  if (selection.index !== index) flyToImage(context, index);
  else if (strip?.kind === "neighbours" && strip.of.index !== index) void loadNeighbours(context, galaxy, selection);
}

/** Walks one picture along the strip; it ends at its ends. */
export function stepAlong(context: ActionContext, by: 1 | -1): void {
  const { strip, selection } = context.store.getState();
  if (strip === null || selection === null) return;
  const next = strip.items[strip.items.findIndex((item) => item.index === strip.at) + by];
  if (next === undefined) return;
  context.store.setState({ strip: { ...strip, at: next.index } });
  flyToImage(context, next.index);
}

const isEnabled = ({ store }: ActionContext): boolean => store.getState().selection !== null && store.getState().strip !== null;

export const walkOn: Action = {
  name: "walk-on",
  label: "With a picture open: along its neighbours",
  keys: ["ArrowRight"],
  isEnabled,
  perform: (context) => { stepAlong(context, 1); },
};

export const walkBack: Action = {
  name: "walk-back",
  label: "With a picture open: back along its neighbours",
  keys: ["ArrowLeft"],
  isEnabled,
  perform: (context) => { stepAlong(context, -1); },
};
