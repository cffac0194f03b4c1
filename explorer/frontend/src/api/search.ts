import { fetchBytes } from "./http";
import { addressOf } from "./names";
import { parseQuery } from "./search_query";
import { decodePostings, decodeShard, intersect, rank, subtract, unite, type Matches, type ShardTerm, type Term } from "./search_shards";
import { compareKeys, foldText, splitWords } from "./search_words";
import type { SearchSegment } from "./wire";

/** From this score on a match is called strong. */
const STRONG = 128;
/** Files that the beginning of a word may cost in each segment. */
const MAX_PREFIX_SHARDS = 8;
/** What a word that is only begun counts. */
const PREFIX_FACTOR = 0.9;
/** Shards kept in memory: some 8 MB. */
const MAX_KEPT = 96;

/** What matches a query, the best first. */
export interface Found extends Matches {
  /** How many of them, from the first on, match well. */
  readonly nStrong: number;
  /** Whether a word that is only begun stands for so many that not all were looked up. */
  readonly isPartial: boolean;
  /** Words of the query that no image has. */
  readonly unknown: readonly string[];
}

interface Answer extends Matches {
  readonly isPartial: boolean;
}

/** How many scores, the best first, are of strong matches. */
export function strongOnes(scores: Uint8Array): number {
  const end = scores.findIndex((score) => score < STRONG);
  return end < 0 ? scores.length : end;
}

/** Asks the search index for words: a few files a question, none of them twice. No server is needed. */
export class SearchIndex {
  readonly #segments: readonly SearchSegment[];
  readonly #base: string;
  readonly #kept = new Map<string, Promise<readonly ShardTerm[]>>();

  /** `base`: what the names in the segments resolve against. */
  constructor(segments: readonly SearchSegment[], base: string) {
    this.#segments = segments;
    this.#base = base;
  }

  /** Whether there is no word at all: nothing was published that could be searched. */
  get isEmpty(): boolean {
    return this.#segments.every((segment) => segment.n_terms === 0);
  }

  /** The images that match a text: see `parseQuery`. Raises WireError. */
  async search(text: string): Promise<Found> {
    const query = parseQuery(text);
    const asked = [...query.words, ...(query.prefix === "" ? [] : [query.prefix])];
    const [answers, excluded] = await Promise.all([
      Promise.all(asked.map((word, i) => this.#lookUp(word, i >= query.words.length))),
      Promise.all(query.excluded.map((word) => this.#lookUp(word, false))),
    ]);
    const all = intersect(answers);
    const found = rank(excluded.reduce<Matches>((left, { tiles }) => (tiles.length === 0 ? left : subtract(left, tiles)), all));
    return {
      ...found,
      nStrong: strongOnes(found.scores),
      isPartial: answers.some(({ isPartial }) => isPartial),
      unknown: asked.filter((_, i) => answers[i]!.tiles.length === 0),
    };
  }

  /** Words and labels that begin as the text does, the most common first. Raises WireError. */
  async suggest(text: string, limit = 8): Promise<readonly Term[]> {
    const key = foldText(text);
    if (key === "") return [];
    const found = new Map<string, Term>();
    const inSegments = await Promise.all(this.#segments.map((segment) => this.#nearby(segment, key)));
    for (const terms of inSegments) {
      for (const [name, { term, kind, n }] of terms) found.set(name, { key: name, term, kind, n: n + (found.get(name)?.n ?? 0) });
    }
    return [...found.values()].sort((a, b) => b.n - a.n || compareKeys(a.key, b.key)).slice(0, limit);
  }

  /** Common words that are spelled much like this one, the nearest first: for a slip of the finger. Raises WireError. */
  async nearest(word: string, limit = 3): Promise<readonly Term[]> {
    const [key] = splitWords(word);
    if (key === undefined) return [];
    const allowed = key.length < 5 ? 1 : 2;
    const urls = this.#segments.map(({ common }) => common).filter(Boolean);
    const lists = await Promise.all(urls.map((url) => this.#shard(url)));
    const near = new Map<string, { readonly term: Term; readonly distance: number }>();
    for (const term of lists.flat()) {
      const distance = editDistance(key, term.key, allowed);
      if (distance <= allowed && !near.has(term.key)) near.set(term.key, { term, distance });
    }
    return [...near.values()].sort((a, b) => a.distance - b.distance || b.term.n - a.term.n).slice(0, limit).map(({ term }) => term);
  }

  /** The words of a segment that begin with a key: the common ones, and those of the shard in which the key would lie. */
  async #nearby(segment: SearchSegment, key: string): Promise<ReadonlyMap<string, Term>> {
    const shard = segment.shards[lastNotAbove(segment.shards, key)];
    const urls = [...(segment.common === "" ? [] : [segment.common]), ...(shard === undefined ? [] : [shard.url])];
    const lists = await Promise.all(urls.map((url) => this.#shard(url)));
    return new Map(lists.flat().filter((term) => term.key.startsWith(key)).map((term) => [term.key, term]));
  }

  async #lookUp(word: string, isPrefix: boolean): Promise<Answer> {
    let isPartial = false;
    const urls = this.#segments.flatMap(({ shards }) => {
      const start = Math.max(0, lastNotAbove(shards, word));
      let end = start + 1;
      while (isPrefix && shards[end]?.from.startsWith(word) === true) end += 1;
      if (end > start + MAX_PREFIX_SHARDS) isPartial = true;
      return shards.slice(start, Math.min(end, start + MAX_PREFIX_SHARDS)).map(({ url }) => url);
    });
    const terms = (await Promise.all(urls.map((url) => this.#shard(url)))).flat();
    const lists = terms.flatMap((term) => {
      if (term.key === word) return [decodePostings(term)];
      return isPrefix && term.key.startsWith(word) ? [decodePostings(term, PREFIX_FACTOR)] : [];
    });
    return { ...unite(lists), isPartial };
  }

  #shard(name: string): Promise<readonly ShardTerm[]> {
    let shard = this.#kept.get(name);
    if (shard === undefined) {
      const url = addressOf(name, this.#base);
      shard = fetchBytes(url).then((file) => decodeShard(file, url));
      // A failed shard is asked for again the next time.
      shard.catch(() => this.#kept.delete(name));
    }
    this.#kept.delete(name);
    this.#kept.set(name, shard);
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return shard;
  }
}

/** The place of the last shard that begins at the key or before it; -1: all begin behind it. */
function lastNotAbove(shards: SearchSegment["shards"], key: string): number {
  let [low, high] = [0, shards.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(shards[middle]!.from, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** How many letters differ, are missing or have changed places (Damerau and Levenshtein); anything above `most` once it is. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
