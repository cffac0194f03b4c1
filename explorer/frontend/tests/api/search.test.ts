import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { SearchIndex } from "../../src/api/search";
import { completeQuery, lastPart, parseQuery } from "../../src/api/search_query";
import { decodePostings, decodeShard, intersect, subtract, unite, type Matches } from "../../src/api/search_shards";
import { compareKeys, foldText, splitWords } from "../../src/api/search_words";
import type { SearchSegment } from "../../src/api/wire";
import { answering } from "../support";

interface Library {
  readonly segments: readonly SearchSegment[];
  readonly files: Readonly<Record<string, string>>;
  readonly texts: readonly { readonly text: string; readonly folded: string; readonly words: readonly string[] }[];
  readonly answers: readonly {
    readonly question: string;
    readonly tiles: readonly number[];
    readonly scores: readonly number[];
    readonly n_strong: number;
    readonly is_partial: boolean;
    readonly suggested: readonly (readonly [key: string, term: string, kind: number, n: number])[];
  }[];
}

/** Written by `python -m tests.explorer.artifact.search_library`: what the other reader answers. */
const LIBRARY = JSON.parse(readFileSync(new URL("search_library.json", import.meta.url), "utf8")) as Library;
const FILES = Object.fromEntries(Object.entries(LIBRARY.files).map(([name, base64]) => [name, Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))]));
const makeIndex = (segments = LIBRARY.segments): SearchIndex => new SearchIndex(segments, "http://localhost/artifacts/test/current.json");
const matches = (...pairs: readonly (readonly [tile: number, score: number])[]): Matches => ({
  tiles: Uint32Array.from(pairs, ([tile]) => tile),
  scores: Uint8Array.from(pairs, ([, score]) => score),
});

beforeEach(() => {
  vi.stubGlobal("fetch", vi.fn(answering(FILES)));
});

describe("words", () => {
  it("are folded and split as Python does", () => {
    for (const { text, folded, words } of LIBRARY.texts) {
      expect(foldText(text)).toBe(folded);
      expect(splitWords(text)).toEqual(words);
    }
  });

  it("are in order of code points, not of UTF-16", () => {
    const keys = ["", "a", "ab", "b", "\uff5e", "\u{20000}"];
    expect([...keys].reverse().sort(compareKeys)).toEqual(keys);
  });
});

describe("the search index", () => {
  it.each(LIBRARY.answers.map((answer) => [answer.question, answer] as const))("answers %j as the other reader does", async (_, answer) => {
    const index = makeIndex();
    const found = await index.search(answer.question);
    expect([...found.tiles]).toEqual(answer.tiles);
    expect([...found.scores]).toEqual(answer.scores);
    expect([found.nStrong, found.isPartial]).toEqual([answer.n_strong, answer.is_partial]);
    const suggested = await index.suggest(answer.question);
    expect(suggested.map(({ key, term, n }) => [key, term, n])).toEqual(answer.suggested.map(([key, term, , n]) => [key, term, n]));
  });

  it("asks for each file once, and again after a failure", async () => {
    vi.stubGlobal("fetch", answering({}));
    const index = makeIndex();
    await expect(index.search("cat")).rejects.toMatchObject({ kind: "missing" });
    const fetch = vi.fn(answering(FILES));
    vi.stubGlobal("fetch", fetch);
    await index.search("cat");
    await index.search("red cat");
    expect(fetch.mock.calls.length).toBeLessThanOrEqual(2 * LIBRARY.segments.length);
  });

  it("says which word nobody has, and what is spelled like it", async () => {
    const index = makeIndex();
    expect((await index.search("cat zebra ")).unknown).toEqual(["zebra"]);
    expect((await index.nearest("casle"))[0]?.term).toBe("castle");
    expect((await index.nearest("rde"))[0]?.key).toBe("red");
    expect(await index.nearest("xylophone")).toEqual([]);
  });

  it("has nothing to ask where no word was published", async () => {
    const index = makeIndex([{ n_terms: 0, common: "", shards: [] }]);
    expect(index.isEmpty).toBe(true);
    expect((await index.search("cat")).tiles).toHaveLength(0);
    expect(await index.suggest("c")).toEqual([]);
  });

  it("calls an answer partial when a beginning stands for more than it may cost", async () => {
    const [{ shards, ...rest }] = LIBRARY.segments as [SearchSegment];
    const many = Array.from({ length: 9 }, (_, i) => ({ from: `b${i}`, url: shards[0]!.url }));
    expect((await makeIndex([{ ...rest, shards: many }]).search("b")).isPartial).toBe(true);
  });
});

describe("a shard", () => {
  it("that is none, or cut short, is refused in words", () => {
    const whole = FILES[LIBRARY.segments[0]!.shards[0]!.url]!;
    expect(() => decodeShard(new TextEncoder().encode("<!doctype html>"), "s")).toThrow("Expected a shard of the search index (GLXS version");
    expect(() => decodeShard(whole.subarray(0, whole.length - 1), "s")).toThrow("it is cut short");
    const unknownKind = Uint8Array.from([...whole.subarray(0, 8), 1, 0, 0, 0, 0, 0, 0, 0, 1, 97, 0, 99, 1, 2, 5, 255]);
    expect(() => decodeShard(unknownKind, "s")).toThrow("words of a kind that we do not know");
  });

  it("holds every tile there can be", () => {
    const postings = Uint8Array.from([0, 0x80, 0x01, 0xfe, 0xfe, 0xff, 0xff, 0x0f, 7, 8, 9]);
    const found = decodePostings({ key: "k", term: "k", kind: "label", n: 3, postings });
    expect([...found.tiles]).toEqual([0, 128, 128 + 0xffffff7e]);
    expect([...found.scores]).toEqual([7, 8, 9]);
  });
});

describe("lists of matches", () => {
  it("are united with the best score, intersected with the mean, and subtracted", () => {
    const [a, b] = [matches([1, 10], [3, 200], [9, 5]), matches([3, 101], [4, 7], [9, 6])];
    expect(unite([a, b, matches([0, 1])])).toEqual(matches([0, 1], [1, 10], [3, 200], [4, 7], [9, 6]));
    expect(intersect([a, b])).toEqual(matches([3, 150], [9, 5]));
    expect(subtract(a, b.tiles)).toEqual(matches([1, 10]));
    expect(intersect([])).toEqual(matches());
    expect(unite([])).toEqual(matches());
  });
});

describe("a query", () => {
  it("says what is whole, begun and excluded", () => {
    expect(parseQuery('Red "Ice Cream" -blue -"sail boat" Ca')).toEqual({ words: ["red", "ice cream"], prefix: "ca", excluded: ["blue", "sail boat"] });
    expect(parseQuery("Ca ")).toEqual({ words: ["ca"], prefix: "", excluded: [] });
    expect(parseQuery('"ice')).toEqual({ words: ["ice"], prefix: "", excluded: [] });
    expect(parseQuery("cat -")).toEqual({ words: ["cat"], prefix: "", excluded: [] });
  });

  it("is completed by what was chosen", () => {
    expect(completeQuery("red ca", "cat")).toBe("red cat ");
    expect(completeQuery("ice", "ice cream")).toBe('"ice cream" ');
    expect(completeQuery("Ice cr", "ice cream")).toBe('"ice cream" ');
    expect(completeQuery("red -ca", "cat")).toBe("red -cat ");
    expect(completeQuery("", "cat")).toBe("cat ");
    expect(["red ca", "-ca", "/ca", "ca ", '"ice c'].map(lastPart)).toEqual(["ca", "ca", "ca", "", "c"]);
  });
});
