import { describe, expect, it, vi } from "vitest";
import { findPart, PartSource } from "../../src/api/parts";
import type { Part } from "../../src/api/wire";
import { answering } from "../support";

const PARTS: readonly Part[] = [
  { url: "a.bin", first: 0, n: 4 },
  { url: "b.bin", first: 4, n: 2 },
  { url: "c.bin", first: 10, n: 1 },
];
const FILES = { "a.bin": Uint8Array.of(1), "b.bin": Uint8Array.of(2), "c.bin": Uint8Array.of(3) };
const source = (maxKept: number) => new PartSource(PARTS, "http://x/", (file) => file[0]!, maxKept);

describe("parts by tile", () => {
  it("are found by the tile, and gaps have none", () => {
    expect([0, 3, 4, 5, 6, 9, 10, 11].map((tile) => findPart(PARTS, tile))).toEqual([0, 0, 1, 1, -1, -1, 2, -1]);
    expect(findPart([], 0)).toBe(-1);
  });

  it("give the tile's row, and fetch a file once for all its tiles", async () => {
    const fetch = vi.fn(answering(FILES));
    vi.stubGlobal("fetch", fetch);
    const parts = source(2);
    await expect(Promise.all([parts.get(4), parts.get(5)])).resolves.toEqual([{ part: 2, row: 0 }, { part: 2, row: 1 }]);
    await expect(parts.get(8)).resolves.toBeNull();
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("keep what was used last and forget the rest", async () => {
    const fetch = vi.fn(answering(FILES));
    vi.stubGlobal("fetch", fetch);
    const parts = source(2);
    for (const tile of [0, 4, 0, 10, 0]) await parts.get(tile);
    expect(fetch).toHaveBeenCalledTimes(3);
    await parts.get(4);
    expect(fetch).toHaveBeenCalledTimes(4);
  });

  it("ask again after a failure", async () => {
    vi.stubGlobal("fetch", answering({}));
    const parts = source(2);
    await expect(parts.get(0)).rejects.toMatchObject({ kind: "missing" });
    vi.stubGlobal("fetch", answering(FILES));
    await expect(parts.get(0)).resolves.toEqual({ part: 1, row: 0 });
  });
});
