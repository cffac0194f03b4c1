import type { Galaxy } from "../api/galaxy";
import { FLAG_NEWCOMER, FLAG_TOMBSTONE } from "../api/wire";
import { text } from "../text/en";
import type { ActionContext } from "./context";

/** Flies to the pictures that came with the latest update, and lets all others step back. */
export function showNewcomers({ store }: ActionContext): void {
  const { galaxy } = store.getState();
  if (galaxy === null) return;
  const litNewcomers = tilesOfNewcomers(galaxy);
  store.setState({ flight: { to: "newcomers" }, focusedCluster: null, litNewcomers, matches: litNewcomers, announcement: text.announceNewcomers });
}

/** They are no news any more: the others step forward again, unless something else lets them stand back by now. */
export function forgetNewcomers({ store }: ActionContext): void {
  store.setState(({ matches, litNewcomers }) => ({ nNewcomers: 0, litNewcomers: null, matches: matches === litNewcomers ? null : matches }));
}

/** By tile: 1 for newcomers that may be shown. As long as their last tile; beyond it there are none. */
function tilesOfNewcomers({ points }: Galaxy): Uint8Array {
  const tiles: number[] = [];
  for (let i = 0; i < points.n; i += 1) if ((points.flags[i]! & (FLAG_NEWCOMER | FLAG_TOMBSTONE)) === FLAG_NEWCOMER) tiles.push(points.tile[i]!);
  const lit = new Uint8Array(1 + tiles.reduce((most, tile) => Math.max(most, tile), 0));
  for (const tile of tiles) lit[tile] = 1;
  return lit;
}
