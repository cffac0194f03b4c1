import type { SearchSegment } from "../src/api/wire";
import { binaryFile, FIVE, joined, makeFiles, makeTables } from "./support";

/** A word of a shard: key, term, place of its kind, and its images by tile with their scores; tiles below 128 in ascending order. */
export type Word = readonly [key: string, term: string, kind: number, postings: Readonly<Record<number, number>>];

/** A shard of these words, in order of their keys; `isCommon`: without postings. */
export function shardFile(words: readonly Word[], isCommon = false): Uint8Array<ArrayBuffer> {
  const sized = (bytes: Uint8Array): Uint8Array => joined(Uint8Array.of(bytes.length), bytes);
  const entries = words.map(([key, term, kind, postings]) => {
    const tiles = Object.keys(postings).map(Number);
    const steps = tiles.map((tile, i) => tile - (tiles[i - 1] ?? 0));
    const bytes = isCommon ? [] : [...steps, ...Object.values(postings)];
    const utf8 = new TextEncoder();
    return joined(sized(utf8.encode(key)), sized(utf8.encode(term === key ? "" : term)), Uint8Array.of(kind, tiles.length), sized(Uint8Array.from(bytes)));
  });
  return binaryFile("GLXS", words.length, joined(...entries));
}

/** What the pictures of FIVE are found by: three cats, one of them hardly, one napping; two dogs. */
export const WORDS: readonly Word[] = [
  ["cat", "Cat", 0, { 0: 200, 2: 240, 4: 60 }],
  ["cat nap", "Cat nap", 0, { 0: 150 }],
  ["dog", "Dog", 0, { 1: 250, 3: 140 }],
  ["nap", "nap", 0, { 0: 150 }],
  ["snowman", "snowman", 4, { 3: 90 }],
];

const SEGMENT: SearchSegment = { n_terms: WORDS.length, common: "objects/common.bin", shards: [{ from: "cat", url: "objects/s0.bin" }, { from: "dog", url: "objects/s1.bin" }] };

/** The files of FIVE with their search index, for `answering`. */
export function makeSearchFiles(segments: readonly SearchSegment[] = [SEGMENT]): Record<string, unknown> {
  return {
    ...makeFiles(FIVE),
    "objects/t.json": { ...makeTables(FIVE.length), search: { segments } },
    "objects/common.bin": shardFile(WORDS, true),
    "objects/s0.bin": shardFile(WORDS.slice(0, 2)),
    "objects/s1.bin": shardFile(WORDS.slice(2)),
  };
}
