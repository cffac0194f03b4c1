import type { ChangesAddress } from "../api/changes";
import { ChangeError, makeChange, previewChange, undoChange } from "../api/changes";
import type { Galaxy } from "../api/galaxy";
import type { Audit, AuditPhase, Deed } from "../store/audit_state";
import type { State } from "../store/state";
import { text } from "../text";
import type { Action, ActionContext } from "./context";

/** Most pictures that one change may name. */
export const MAX_CHOSEN = 50_000;
/** Uuids asked for at once: they come from a few files, which are fetched once. */
const UUIDS_AT_ONCE = 500;

const NOTHING: Audit = { points: [], isDrawing: false, phase: { status: "choosing" }, lit: null, before: null };

/** Where changes are made; null for visitors, and for a galaxy that lies in a folder. */
export function changesOf({ config }: ActionContext): ChangesAddress | null {
  const { api_url, collection } = config;
  return api_url === null || collection === undefined || collection === null ? null : { api_url, collection };
}

/** Begins to correct many pictures at once, or ends it. */
export const toggleAudit: Action = {
  name: "audit",
  label: text.does.audit,
  keys: ["x"],
  isEnabled: (context) => changesOf(context) !== null && context.store.getState().phase === "ready",
  perform: (context) => {
    const { audit } = context.store.getState();
    if (audit === null) beginAudit(context);
    else endAudit(context);
  },
};

function beginAudit({ store }: ActionContext): void {
  const { view } = store.getState();
  store.setState({ audit: { ...NOTHING, isDrawing: view === "space" }, selection: null, details: null, tour: null, announcement: text.audit.begun });
}

/** Everything steps forward again. */
export function endAudit({ store }: ActionContext): void {
  store.setState((state) => ({ audit: null, matches: litByOthers(state) }));
}

/** Lets the pointer draw around pictures, or turn the galaxy again. */
export function setDrawing({ store }: ActionContext, isDrawing: boolean): void {
  const { audit } = store.getState();
  if (audit !== null) store.setState({ audit: { ...audit, isDrawing } });
}

/** The pictures drawn inside a closed line on the canvas, (k, 2) CSS px. */
export function chooseInLasso(context: ActionContext, line: Float32Array): void {
  choose(context, context.stage?.pointsInLasso(line) ?? []);
}

/** All pictures of the cluster in focus that are on the card or have come. */
export function chooseCluster(context: ActionContext): void {
  const { galaxy, focusedCluster } = context.store.getState();
  if (galaxy === null || focusedCluster === null) return;
  choose(context, pointsWhere(galaxy, (i) => galaxy.points.cluster[i] === focusedCluster));
}

/** What a search, a strip or the newcomers have lit, whatever is chosen over it. */
export function litByOthers({ audit, matches }: State): Uint8Array | null {
  return audit !== null && audit.lit === matches ? audit.before : matches;
}

/** All pictures that a search, or a strip, has lit. */
export function chooseLit(context: ActionContext): void {
  const { galaxy } = context.store.getState();
  const lit = litByOthers(context.store.getState());
  if (galaxy === null || lit === null) return;
  choose(context, pointsWhere(galaxy, (i) => lit[galaxy.points.tile[i]!] === 1));
}

function pointsWhere(galaxy: Galaxy, holds: (index: number) => boolean): number[] {
  const found: number[] = [];
  for (let i = 0; i < galaxy.points.n; i += 1) if (galaxy.isLoaded(i) && galaxy.isShown(i) && holds(i)) found.push(i);
  return found;
}

function choose({ store }: ActionContext, chosen: readonly number[]): void {
  const { audit, galaxy } = store.getState();
  if (audit === null || galaxy === null) return;
  const points = chosen.slice(0, MAX_CHOSEN);
  const before = litByOthers(store.getState());
  const lit = points.length === 0 ? null : tilesOf(galaxy, points);
  const phase: AuditPhase = { status: "choosing" };
  // A cluster in focus would keep what was chosen of the others in the dark.
  store.setState({ audit: { points, isDrawing: points.length === 0 && audit.isDrawing, phase, lit, before }, matches: lit ?? before, ...(lit === null ? {} : { focusedCluster: null }), announcement: text.audit.chosen(points.length) });
}

function tilesOf({ points }: Galaxy, chosen: readonly number[]): Uint8Array {
  let most = 0;
  for (let i = 0; i < points.n; i += 1) most = Math.max(most, points.tile[i]!);
  const lit = new Uint8Array(most + 1);
  for (const index of chosen) lit[points.tile[index]!] = 1;
  return lit;
}

/** Asks the server how many images a deed would be about, which a person then confirms. */
export async function askAbout(context: ActionContext, deed: Deed): Promise<void> {
  await perform(context, async (address, audit, galaxy) => {
    const uuids: string[] = [];
    for (let at = 0; at < audit.points.length; at += UUIDS_AT_ONCE) {
      uuids.push(...(await Promise.all(audit.points.slice(at, at + UUIDS_AT_ONCE).map((index) => galaxy.uuidOf(index)))));
    }
    return { status: "asking", deed, uuids, nImages: await previewChange(address, deed, uuids) };
  });
}

/** Does what was asked about. */
export async function confirmDeed(context: ActionContext): Promise<void> {
  const phase = context.store.getState().audit?.phase;
  if (phase?.status !== "asking") return;
  await perform(context, async (address) => {
    const change = await makeChange(address, phase.deed, phase.uuids, phase.nImages);
    return { status: "done", change: change.uuid, nImages: change.n_images, isUndone: false };
  });
}

/** Takes back what was just done. */
export async function undoDeed(context: ActionContext): Promise<void> {
  const phase = context.store.getState().audit?.phase;
  if (phase?.status !== "done" || phase.isUndone) return;
  await perform(context, async (address) => {
    await undoChange(address, phase.change);
    return { ...phase, isUndone: true };
  });
}

/** Back to what is chosen, without doing anything. */
export function backToChoice({ store }: ActionContext): void {
  const { audit } = store.getState();
  if (audit !== null) store.setState({ audit: { ...audit, phase: { status: "choosing" } } });
}

async function perform(context: ActionContext, work: (address: ChangesAddress, audit: Audit, galaxy: Galaxy) => Promise<AuditPhase>): Promise<void> {
  const { store } = context;
  const address = changesOf(context);
  const { audit, galaxy } = store.getState();
  if (address === null || audit === null || galaxy === null) return;
  const setPhase = (phase: AuditPhase): void => {
    const now = store.getState().audit;
    // Closed meanwhile, or something else is meant: the answer is nobody's.
    if (now !== null && now.points === audit.points) store.setState({ audit: { ...now, phase }, announcement: text.audit.told(phase) });
  };
  setPhase({ status: "working" });
  try {
    setPhase(await work(address, audit, galaxy));
  } catch (error) {
    setPhase({ status: "failed", message: error instanceof ChangeError && error.message !== "" ? error.message : text.audit.failed });
  }
}
