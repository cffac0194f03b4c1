import { WireError } from "./errors";
import { FORMAT_VERSION } from "./wire";

const HEADER_BYTES = 16;

/** What a word may come from; shards hold the place in this list. */
export const WORD_KINDS = ["label", "place", "title", "creator", "text"] as const;
export type WordKind = (typeof WORD_KINDS)[number];

/** A word, and how many images have it. */
export interface Term {
  readonly key: string;
  /** As it is shown. */
  readonly term: string;
  readonly kind: WordKind;
  readonly n: number;
}

/** A word of a shard, with the bytes that tell which images have it: none in the list of common words. */
export interface ShardTerm extends Term {
  readonly postings: Uint8Array;
}

/** Images by tile, ascending, each with its score of 0 to 255. */
export interface Matches {
  readonly tiles: Uint32Array;
  readonly scores: Uint8Array;
}

export const NO_MATCHES: Matches = { tiles: new Uint32Array(), scores: new Uint8Array() };

/** A shard of the search index: its words in order. Raises WireError. */
export function decodeShard(file: Uint8Array, url: string): ShardTerm[] {
  const damaged = (what: string): WireError => new WireError("format", url, `Expected a shard of the search index (GLXS version ${FORMAT_VERSION}) from ${url}, ${what}. Publish the galaxy again.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < HEADER_BYTES || String.fromCharCode(...file.subarray(0, 4)) !== "GLXS" || view.getUint16(4, true) !== FORMAT_VERSION) {
    throw damaged("got something else");
  }
  let at = HEADER_BYTES;
  const readNumber = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = file[at];
      if (byte === undefined) throw damaged("it is cut short");
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  const readBytes = (): Uint8Array => {
    const size = readNumber();
    if (at + size > file.byteLength) throw damaged("it is cut short");
    at += size;
    return file.subarray(at - size, at);
  };
  const utf8 = new TextDecoder();
  return Array.from({ length: view.getUint32(8, true) }, () => {
    const key = utf8.decode(readBytes());
    const term = utf8.decode(readBytes()) || key;
    const kind = WORD_KINDS[readNumber()];
    if (kind === undefined) throw damaged("it has words of a kind that we do not know");
    return { key, term, kind, n: readNumber(), postings: readBytes() };
  });
}

/** The images that have a word. `factor`: what their scores are multiplied with, rounded down. */
export function decodePostings({ n, postings }: ShardTerm, factor = 1): Matches {
  const tiles = new Uint32Array(n);
  const scores = postings.slice(Math.max(0, postings.length - n));
  let at = 0;
  let tile = 0;
  for (let i = 0; i < n; i += 1) {
    let shift = 1;
    for (let byte = postings[at++]!; ; byte = postings[at++]!) {
      tile += (byte & 0x7f) * shift;
      if (byte < 0x80 || at >= postings.length) break;
      shift *= 128;
    }
    tiles[i] = tile;
  }
  if (factor !== 1) scores.forEach((score, i) => { scores[i] = Math.floor(score * factor); });
  return { tiles, scores };
}

/** The images of any of these, each with its best score. */
export function unite(lists: readonly Matches[]): Matches {
  if (lists.length <= 1) return lists[0] ?? NO_MATCHES;
  const middle = lists.length >> 1;
  const [a, b] = [unite(lists.slice(0, middle)), unite(lists.slice(middle))];
  const tiles = new Uint32Array(a.tiles.length + b.tiles.length);
  const scores = new Uint8Array(tiles.length);
  let [i, j, n] = [0, 0, 0];
  while (i < a.tiles.length || j < b.tiles.length) {
    const left = a.tiles[i] ?? Infinity;
    const right = b.tiles[j] ?? Infinity;
    tiles[n] = Math.min(left, right);
    scores[n] = Math.max(left <= right ? a.scores[i]! : 0, right <= left ? b.scores[j]! : 0);
    if (left <= right) i += 1;
    if (right <= left) j += 1;
    n += 1;
  }
  return { tiles: tiles.subarray(0, n), scores: scores.subarray(0, n) };
}

/** The images of all of these, with the mean of their scores, rounded down. */
export function intersect(lists: readonly Matches[]): Matches {
  const [first, ...others] = [...lists].sort((a, b) => a.tiles.length - b.tiles.length);
  if (first === undefined) return NO_MATCHES;
  const tiles = first.tiles.slice();
  const sums = Uint32Array.from(first.scores);
  let n = tiles.length;
  for (const other of others) {
    let [kept, j] = [0, 0];
    for (let i = 0; i < n; i += 1) {
      while (j < other.tiles.length && other.tiles[j]! < tiles[i]!) j += 1;
      if (other.tiles[j] !== tiles[i]) continue;
      tiles[kept] = tiles[i]!;
      sums[kept] = sums[i]! + other.scores[j]!;
      kept += 1;
    }
    n = kept;
  }
  return { tiles: tiles.subarray(0, n), scores: Uint8Array.from(sums.subarray(0, n), (sum) => Math.floor(sum / lists.length)) };
}

/** Those of the first that are not in the second. */
export function subtract(all: Matches, unwanted: Uint32Array): Matches {
  const out = new Set(unwanted);
  const kept = Array.from(all.tiles.keys()).filter((i) => !out.has(all.tiles[i]!));
  return { tiles: Uint32Array.from(kept, (i) => all.tiles[i]!), scores: Uint8Array.from(kept, (i) => all.scores[i]!) };
}

/** The same images, the best first; of equal ones in order of their tiles. */
export function rank({ tiles, scores }: Matches): Matches {
  // A counting sort: half a million matches must not hold up the page.
  const starts = new Uint32Array(257);
  for (const score of scores) starts[256 - score]! += 1;
  for (let i = 1; i < 257; i += 1) starts[i]! += starts[i - 1]!;
  const ranked = { tiles: new Uint32Array(tiles.length), scores: new Uint8Array(tiles.length) };
  tiles.forEach((tile, i) => {
    const score = scores[i]!;
    const place = starts[255 - score]!;
    ranked.tiles[place] = tile;
    ranked.scores[place] = score;
    starts[255 - score] = place + 1;
  });
  return ranked;
}
