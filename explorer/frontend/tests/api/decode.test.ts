import { describe, expect, it } from "vitest";
import { decodeChunk, decodeExtra, TIME_UNKNOWN } from "../../src/api/chunks";
import { decodeCodes } from "../../src/api/codes";
import { WireError } from "../../src/api/errors";
import { readManifest, readPointer, readTables } from "../../src/api/manifest";
import { decodeNeighbourPatch, decodeNeighbours } from "../../src/api/neighbours";
import { decodeLookup, decodePlaces, lookupNumber, NONE } from "../../src/api/places";
import { parseUuid } from "../../src/api/uuids";
import { binaryFile, chunkFile, COLUMNS, FIVE, joined, lookupFile, makeManifest, makeTables, placesFile, uint32s, uuidOf, type Picture } from "../support";

const PICTURES: readonly Picture[] = [
  { q: [0, 32768, 65535], cluster: 3, aspect: 128, tile: 7, flags: 1 },
  { q: [1, 2, 3], cluster: 255, aspect: 160, tile: 70_000, flags: 2 },
  { q: [9, 8, 7], cluster: 0, aspect: 96, tile: 0 },
];
const part = (n: number, first = 0) => ({ url: "p", first, n });

describe("a chunk", () => {
  it("gives back every column as written", () => {
    const chunk = decodeChunk(chunkFile(PICTURES), COLUMNS, 3, "c");
    expect([...chunk.position]).toEqual([0, 32768, 65535, 1, 2, 3, 9, 8, 7]);
    expect([...chunk.cluster]).toEqual([3, 255, 0]);
    expect([...chunk.aspect]).toEqual([128, 160, 96]);
    expect([...chunk.flags]).toEqual([1, 2, 0]);
    expect([...chunk.tile]).toEqual([7, 70_000, 0]);
  });

  it("is read from an odd place in a larger buffer, and with no points in it", () => {
    const shifted = joined(Uint8Array.of(1), chunkFile(PICTURES));
    expect([...decodeChunk(shifted.subarray(1), COLUMNS, 3, "c").tile]).toEqual([7, 70_000, 0]);
    expect(decodeChunk(chunkFile([]), COLUMNS, 0, "c").n).toBe(0);
  });

  it("may have columns that this page does not know", () => {
    const columns = [...COLUMNS, { name: "later", dtype: "uint8", components: 1 } as const];
    const longer = joined(chunkFile(PICTURES), Uint8Array.of(1, 2, 3));
    expect([...decodeChunk(longer, columns, 3, "c").cluster]).toEqual([3, 255, 0]);
  });

  it("is refused when it is something else, of another count, short, or lacks a column, and the error says so", () => {
    const file = chunkFile(PICTURES);
    expect(() => decodeChunk(new TextEncoder().encode("<!doctype html><html>"), COLUMNS, 3, "c")).toThrow("Expected GLXP version 2 from c");
    expect(() => decodeChunk(new Uint8Array(3), COLUMNS, 3, "c")).toThrow(WireError);
    expect(() => decodeChunk(file, COLUMNS, 4, "c")).toThrow("Expected 4 rows in c, it holds 3");
    expect(() => decodeChunk(file, COLUMNS.slice(1), 3, "c")).toThrow("Expected a column position of 3 × uint16");
    expect(() => decodeChunk(file.subarray(0, file.length - 4), COLUMNS, 3, "c")).toThrow("bytes in c, it has");
  });
});

describe("extra columns", () => {
  it("put points into the square of the flat layout", () => {
    const file = binaryFile("GLXE", 2, new Uint8Array(Uint16Array.of(0, 65535, 65535, 0).buffer));
    expect([...decodeExtra("flat", file, 2, { origin: [-1, 10], extent: 4 }, "f")]).toEqual([-1, 14, 3, 10]);
    expect(() => decodeExtra("flat", file, 2, null, "f")).toThrow("Expected the square of the flat layout");
  });

  it("tell days, before 1970 too, and which are unknown", () => {
    const file = binaryFile("GLXE", 2, new Uint8Array(Int32Array.of(-16984, TIME_UNKNOWN).buffer));
    expect([...decodeExtra("time", file, 2, null, "t")]).toEqual([-16984, TIME_UNKNOWN]);
  });
});

describe("places and lookup", () => {
  it("find the uuid and the point of a tile, and nothing for a tombstone", () => {
    const file = binaryFile("GLXI", 2, joined(parseUuid(uuidOf(300))!, new Uint8Array(16), uint32s([12, NONE])));
    const places = decodePlaces(file, part(2), "i");
    expect([places.uuidAt(0), places.pointAt(0)]).toEqual([uuidOf(300), 12]);
    expect([places.uuidAt(1), places.pointAt(1)]).toEqual([null, -1]);
    expect(() => decodePlaces(placesFile(3).subarray(0, 60), part(3), "i")).toThrow("Expected 76 bytes in i, it has 60");
  });

  it("find the tile of a uuid among many, and -1 for one that is not there", () => {
    const lookup = decodeLookup(lookupFile(300), "u");
    for (const index of [0, 1, 255, 256, 299]) expect(lookup.tileOf(parseUuid(uuidOf(index))!)).toBe(index);
    expect(lookup.tileOf(parseUuid(uuidOf(300))!)).toBe(-1);
    expect(parseUuid("zzzzzzzz-0000-4000-8000-000000000000")).toBeNull();
  });

  it("choose the file by the top bits of the last byte", () => {
    const uuid = parseUuid("00000000-0000-4000-8000-0000000000c5")!;
    expect([lookupNumber(uuid, 8), lookupNumber(uuid, 2), lookupNumber(uuid, 0)]).toEqual([0xc5, 3, 0]);
  });
});

describe("neighbours", () => {
  const row = (tile: number): number[] => [tile, ...Array.from({ length: 11 }, () => NONE)];
  const cosines = (first: number): Uint8Array => Uint8Array.from({ length: 12 }, (_, i) => (i === 0 ? first : 0));

  it("are read by row, without what is none", () => {
    const file = binaryFile("GLXN", 2, joined(uint32s([...row(5), ...row(9)]), cosines(255), cosines(51)));
    const neighbours = decodeNeighbours(file, part(2), "n");
    expect(neighbours.nearestOf(0)).toEqual([{ tile: 5, similarity: 1 }]);
    expect(neighbours.nearestOf(1)).toEqual([{ tile: 9, similarity: 0.2 }]);
  });

  it("are corrected by tile", () => {
    const file = binaryFile("GLXQ", 1, joined(uint32s([40, ...row(7)]), cosines(255)));
    const patch = decodeNeighbourPatch(file, "q");
    expect(patch.nearestOf(40)).toEqual([{ tile: 7, similarity: 1 }]);
    expect(patch.nearestOf(41)).toBeNull();
    expect(() => decodeNeighbourPatch(file.subarray(0, 40), "q")).toThrow("Expected 80 bytes in q, it has 40");
  });
});

describe("codes", () => {
  it("come with their number of features", () => {
    const codes = decodeCodes(binaryFile("GLXC", 2, Uint8Array.of(1, 255, 0, 0), 2), part(2, 16), "c");
    expect(codes).toMatchObject({ first: 16, n: 2, n_features: 2 });
    expect([...codes.features]).toEqual([1, -1, 0, 0]);
  });
});

describe("pointer, manifest and tables", () => {
  it("are refused in a version that this page cannot read, with what came", () => {
    expect(() => readPointer({ format: "galaxy-pointer", version: 1, manifest: "m" }, "u")).toThrow("Expected galaxy-pointer version 2 from u, got galaxy-pointer version 1");
    expect(() => readPointer(null, "u")).toThrow(WireError);
    expect(() => readPointer({ format: "galaxy-pointer", version: 2, manifest: "m" }, "u")).toThrow("a list of what is withdrawn");
    expect(() => readTables({ version: 1 }, "t")).toThrow("Expected tables version 2 from t, got 1");
  });

  it("are named what they lack", () => {
    expect(() => readManifest({ format: "galaxy-artifact", version: 2, bounds: {}, clusters: [], subgroups: [], columns: [], n_points: 0, flat: null }, "u")).toThrow("Expected nodes, tables, credits in u");
    const { lookup, ...rest } = makeTables(5);
    expect(lookup.bits).toBe(0);
    expect(() => readTables(rest, "t")).toThrow("Expected lookup in t");
  });

  it("hold nodes that follow each other and are all there", () => {
    const manifest = makeManifest(FIVE, undefined, [3, 2]);
    expect(readManifest(manifest, "u")).toBe(manifest);
    expect(() => readManifest({ ...manifest, n_points: 6 }, "u")).toThrow("Expected nodes that hold the 6 points");
  });
});
