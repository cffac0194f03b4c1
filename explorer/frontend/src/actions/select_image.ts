import { asWireError } from "../api/errors";
import type { Details } from "../api/wire";
import { text } from "../text";
import type { ActionContext } from "./context";
import { nameOf } from "./naming";
import { nearestToImage } from "./nearness";

/** The cluster of a point, by the index that the points column holds. */
export function clusterOfPoint(context: ActionContext, index: number) {
  const { galaxy } = context.store.getState();
  if (galaxy === null) return undefined;
  const wanted = galaxy.points.cluster[index];
  return galaxy.manifest.clusters.find((cluster) => cluster.index === wanted);
}

/** Opens the panel on a picture and fetches what is known about it. Answers that come too late are dropped. */
export async function selectImage(context: ActionContext, index: number): Promise<void> {
  const { store } = context;
  const { galaxy, selection } = store.getState();
  if (galaxy === null || index < 0 || index >= galaxy.points.n) return;
  store.setState({ selecting: selection?.index === index ? -1 : index });
  if (selection?.index === index) return;
  try {
    const uuid = await galaxy.uuidOf(index);
    if (store.getState().selecting !== index) return;
    store.setState({ selecting: -1, selection: { uuid, index }, details: { status: "loading" }, litMark: null, focusedCluster: galaxy.points.cluster[index] ?? null });
    await fetchDetails(context, index, uuid);
  } catch {
    if (store.getState().selecting === index) store.setState({ selecting: -1, notice: text.pictureUnknown });
  }
}

/** Asks again for the details of what is selected. */
export function retryDetails(context: ActionContext): void {
  const { selection } = context.store.getState();
  if (selection === null) return;
  context.store.setState({ details: { status: "loading" } });
  void fetchDetails(context, selection.index, selection.uuid);
}

async function fetchDetails(context: ActionContext, index: number, uuid: string): Promise<void> {
  const { store } = context;
  const isCurrent = (): boolean => store.getState().selection?.uuid === uuid;
  const { galaxy } = store.getState();
  if (galaxy === null) return;
  try {
    const details: Details = await galaxy.details.fetch(index);
    if (!isCurrent()) return;
    store.setState({ details: { status: "ready", details } });
    const cluster = clusterOfPoint(context, index)?.name ?? "";
    const nearest = await nearestToImage(galaxy, index);
    if (isCurrent()) store.setState({ announcement: text.announceImage(nameOf(details), cluster, nearest) });
  } catch (error) {
    if (isCurrent()) store.setState({ details: { status: "failed", error: asWireError(error, galaxy.base) } });
  }
}
