import type { Galaxy } from "../api/galaxy";
import { SearchIndex, strongOnes, type Found } from "../api/search";
import { completeQuery, lastPart, parseQuery } from "../api/search_query";
import type { Term } from "../api/search_shards";
import { countShown, INITIAL_SEARCH, type SearchState } from "../store/search_state";
import { text as words } from "../text";
import type { ActionContext } from "./context";
import { flyToImage } from "./fly_to_image";

/** Nothing is asked while keys follow each other faster than this. */
const REST_MS = 140;
/** One letter of an alphabet begins half the words there are; a Chinese character is a word. */
const MIN_LETTERS = 2;
const N_SUGGESTIONS = 8;

const indexes = new WeakMap<Galaxy, Promise<SearchIndex>>();

/** Finds out whether there is anything to search. */
export async function prepareSearch(context: ActionContext): Promise<void> {
  const { galaxy } = context.store.getState();
  if (galaxy === null) return;
  try {
    patch(context, { isPossible: !(await indexOf(galaxy)).isEmpty });
  } catch {
    // The tables did not come: the field is there, and says so when it is used.
    patch(context, { isPossible: true });
  }
}

/** Takes over what was typed, and asks once the keys rest. */
export function typeQuery(context: ActionContext, text: string): void {
  if (text.trim() === "") {
    forget(context, { text });
    return;
  }
  patch(context, { text, status: "typing", at: -1, showsWeak: false });
  setTimeout(() => {
    const { search } = context.store.getState();
    // Enter may have asked already.
    if (search.text === text && search.status === "typing") void ask(context, text);
  }, REST_MS);
}

/** Puts a suggested word or label in place of what is being typed, and asks for it at once. */
export async function chooseTerm(context: ActionContext, term: Term): Promise<void> {
  const text = completeQuery(context.store.getState().search.text, term.key);
  patch(context, { text, at: -1, showsWeak: false });
  await ask(context, text);
}

/** Takes a word that is spelled alike instead of all that was typed. */
export async function chooseInstead(context: ActionContext, term: Term): Promise<void> {
  patch(context, { text: "" });
  await chooseTerm(context, term);
}

/** Enter: asks for what was typed, if nothing has answered it yet, and flies to the best match, or to the next one. */
export async function submitQuery(context: ActionContext): Promise<void> {
  const { status, text, found } = context.store.getState().search;
  if (text.trim() === "") return;
  if (status !== "ready" || found === null) await ask(context, text, true);
  if (context.store.getState().search.text === text) await walkMatches(context, 1);
}

/** Asks the index; answers that come after something else was typed are dropped. `isMeant`: also for a single letter. */
export async function ask(context: ActionContext, text: string, isMeant = false): Promise<void> {
  const { store } = context;
  const { galaxy } = store.getState();
  if (galaxy === null) return;
  const isCurrent = (): boolean => store.getState().search.text === text && store.getState().galaxy === galaxy;
  patch(context, { status: "searching" });
  try {
    const [index, tables] = await Promise.all([indexOf(galaxy), galaxy.tables()]);
    const [found, whole, last] = await Promise.all([
      isMeant || isWorthAsking(text) ? index.search(text) : null,
      index.suggest(text, N_SUGGESTIONS),
      index.suggest(lastPart(text), N_SUGGESTIONS),
    ]);
    const nearest = found?.tiles.length === 0 ? (await Promise.all(found.unknown.map((word) => index.nearest(word)))).flat() : [];
    if (!isCurrent()) return;
    const suggestions = [...whole, ...last.filter(({ key }) => whole.every((one) => one.key !== key))].slice(0, N_SUGGESTIONS);
    patch(context, { status: "ready", found: found === null ? null : leaveOut(galaxy, found), suggestions, nearest, at: -1 });
    light(context, tables.n_tiles);
    if (found !== null) store.setState({ announcement: words.announceFound(countShown(store.getState().search), found.tiles.length, found.isPartial) });
  } catch {
    if (isCurrent()) {
      forget(context, { text, status: "failed" });
      store.setState({ announcement: words.searchFailed });
    }
  }
}

/** Shows the weaker matches, too. */
export async function showWeak(context: ActionContext): Promise<void> {
  const { galaxy } = context.store.getState();
  if (galaxy === null) return;
  patch(context, { showsWeak: true });
  light(context, (await galaxy.tables()).n_tiles);
}

/** Flies to the next match (1) or the one before (-1), going round; at first to the best. Withdrawn ones are passed over. */
export async function walkMatches(context: ActionContext, by: 1 | -1): Promise<void> {
  const { search } = context.store.getState();
  const n = countShown(search);
  if (n === 0) return;
  const first = search.at < 0 ? (by === 1 ? 0 : n - 1) : (search.at + by + n) % n;
  for (let step = 0; step < n; step += 1) {
    if (await flyToMatch(context, (first + by * step + n) % n)) return;
  }
}

/** Flies to a match by its place. False: it may not be shown. */
export async function flyToMatch(context: ActionContext, at: number): Promise<boolean> {
  const { store } = context;
  const { galaxy, search } = store.getState();
  const tile = search.found?.tiles[at];
  if (galaxy === null || tile === undefined) return true;
  patch(context, { at });
  try {
    const place = await galaxy.placeOf(tile);
    if (place === null) return false;
    if (store.getState().search.at === at && store.getState().search.found === search.found) flyToImage(context, place.index);
  } catch {
    store.setState({ notice: words.pictureUnknown });
  }
  return true;
}

/** Takes out of what was found what has been withdrawn since. */
export function leaveOutWithdrawn(context: ActionContext): void {
  const { galaxy, search } = context.store.getState();
  if (galaxy === null || search.found === null) return;
  const found = leaveOut(galaxy, search.found);
  if (found !== search.found) patch(context, { found, at: -1 });
}

function leaveOut(galaxy: Galaxy, found: Found): Found {
  const kept = Array.from(found.tiles.keys()).filter((i) => !galaxy.nodes.isHidden(found.tiles[i]!));
  if (kept.length === found.tiles.length) return found;
  const scores = Uint8Array.from(kept, (i) => found.scores[i]!);
  return { ...found, tiles: Uint32Array.from(kept, (i) => found.tiles[i]!), scores, nStrong: strongOnes(scores) };
}

/** Empties the field; all points are alike again. */
export function clearSearch(context: ActionContext): void {
  forget(context, { text: "", isOpen: false });
  context.store.setState({ announcement: words.announceSearchCleared });
}

function forget(context: ActionContext, changes: Partial<SearchState>): void {
  const { isPossible, isOpen, nFocused } = context.store.getState().search;
  context.store.setState({ search: { ...INITIAL_SEARCH, isPossible, isOpen, nFocused, ...changes }, matches: null });
}

function patch(context: ActionContext, changes: Partial<SearchState>): void {
  context.store.setState(({ search }) => ({ search: { ...search, ...changes } }));
}

/** Lets the shown matches stay lit and the others step back; without any, all stay as they are. */
function light(context: ActionContext, nTiles: number): void {
  const { search } = context.store.getState();
  if (search.found === null || search.found.tiles.length === 0) {
    context.store.setState({ matches: null });
    return;
  }
  const matches = new Uint8Array(nTiles);
  for (const tile of search.found.tiles.subarray(0, countShown(search))) matches[tile] = 1;
  context.store.setState({ matches });
}

function isWorthAsking(text: string): boolean {
  const { words: whole, prefix } = parseQuery(text);
  return whole.length > 0 || prefix.length >= MIN_LETTERS || prefix.charCodeAt(0) > 0x2e80;
}

function indexOf(galaxy: Galaxy): Promise<SearchIndex> {
  let index = indexes.get(galaxy);
  if (index === undefined) {
    index = galaxy.tables().then(({ search }) => new SearchIndex(search.segments, galaxy.base));
    // What failed is asked for again the next time.
    index.catch(() => indexes.delete(galaxy));
    indexes.set(galaxy, index);
  }
  return index;
}
