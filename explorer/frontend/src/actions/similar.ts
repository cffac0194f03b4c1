import type { Galaxy, Neighbour } from "../api/galaxy";
import type { Strip, StripPhase } from "../store/state";
import { text } from "../text";
import type { SimilarTiles } from "../worker/find_similar";
import type { ActionContext } from "./context";
import { dropStrip } from "./strip";

const N_SIMILAR = 50;
/** More are looked for, as some may have been withdrawn. */
const N_SPARE = 14;
/** Less alike than this is not "like it": a small library has no fifty. */
const LEAST_COSINE = 0.5;
/** Above this a visitor is asked before it is loaded. */
const ASK_BYTES = 8e6;

/**
 * Looks for pictures like the open one in the codes of all, lights them in space and shows them in the strip. Codes above
 * 8 MB are loaded only when `isAgreed`; until then the strip asks.
 */
export async function showSimilar(context: ActionContext, isAgreed = false): Promise<void> {
  const { store } = context;
  dropStrip(context);
  const { galaxy, selection: of, matches: before } = store.getState();
  if (galaxy === null || of === null) return;
  const strip: Strip = { kind: "similar", of, at: of.index, items: [{ ...of, similarity: 1 }], phase: { status: "loading", share: 0 }, lit: null, before };
  const isCurrent = (): boolean => store.getState().strip?.kind === "similar" && store.getState().strip?.of === of;
  const tell = (phase: StripPhase): void => { store.setState({ strip: { ...strip, phase } }); };
  store.setState({ strip });
  try {
    const tables = await galaxy.tables();
    const n_bytes = tables.codes.n_features * tables.codes.parts.reduce((sum, part) => sum + part.n, 0);
    if (!isCurrent()) return;
    if (n_bytes > ASK_BYTES && !isAgreed) {
      tell({ status: "asking", megabytes: n_bytes / 1e6 });
      return;
    }
    const best = await search(galaxy, of.index, isCurrent, (share) => { tell({ status: "loading", share }); });
    const found = await placesOf(galaxy, best, of.index);
    if (!isCurrent()) return;
    const lit = new Uint8Array(tables.n_tiles);
    for (const { index } of [of, ...found]) lit[galaxy.points.tile[index]!] = 1;
    const isLit = found.length > 0;
    store.setState({
      strip: { ...strip, items: [...strip.items, ...found], phase: { status: "ready", recall: tables.codes.recall_at_50 }, lit: isLit ? lit : null },
      matches: isLit ? lit : before,
      announcement: text.announceSimilar(found.length),
    });
  } catch {
    if (isCurrent()) tell({ status: "failed" });
  }
}

/** Has the codes of all tiles compared until that is not wanted any more. `onPart` hears of the share done. */
async function search(galaxy: Galaxy, index: number, isWanted: () => boolean, onPart: (share: number) => void): Promise<SimilarTiles> {
  const stop = new AbortController();
  let [done, total] = [0, 0];
  const onBytes = (arrived: number, expected: number): void => {
    done += arrived;
    total += expected;
    if (!isWanted()) stop.abort();
    else if (arrived > 0) onPart(done / total);
  };
  return galaxy.similarTo(index, N_SIMILAR + N_SPARE + 1, LEAST_COSINE, onBytes, stop.signal);
}

/** What may be shown of the best, without the picture itself. */
async function placesOf(galaxy: Galaxy, best: SimilarTiles, own: number): Promise<Neighbour[]> {
  const places = await Promise.all(Array.from(best.tiles, (tile) => galaxy.placeOf(tile)));
  return places
    .flatMap((place, i) => (place === null || place.index === own ? [] : [{ ...place, similarity: best.cosines[i]! }]))
    .slice(0, N_SIMILAR);
}
