import { describe, expect, it } from "vitest";
import { WireError } from "../../src/api/errors";
import { decodeIds, parseUuid } from "../../src/api/ids";
import { readManifest, readPointer } from "../../src/api/manifest";
import { decodePoints } from "../../src/api/points";
import { idsFile, pointsFile, uuidOf, type Picture } from "../support";

const PICTURES: readonly Picture[] = [
  { q: [0, 32768, 65535], cluster: 3, aspect: 128, tile: 7 },
  { q: [1, 2, 3], cluster: 255, aspect: 160, tile: (5 << 16) | 1023 },
  { q: [9, 8, 7], cluster: 0, aspect: 96, tile: 0 },
];

describe("the points file", () => {
  it("gives back every column as written", () => {
    const { bytes, columns } = pointsFile(PICTURES);
    const points = decodePoints(bytes, { url: "p", n: 3, columns }, "p");
    expect([...points.position]).toEqual([0, 32768, 65535, 1, 2, 3, 9, 8, 7]);
    expect([...points.cluster]).toEqual([3, 255, 0]);
    expect([...points.aspect]).toEqual([128, 160, 96]);
    expect([...points.tile]).toEqual([7, (5 << 16) | 1023, 0]);
  });

  it("reads a file that lies at an odd place in a larger buffer", () => {
    const { bytes, columns } = pointsFile(PICTURES);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const points = decodePoints(shifted.subarray(1), { url: "p", n: 3, columns }, "p");
    expect([...points.tile]).toEqual([7, (5 << 16) | 1023, 0]);
  });

  it("reads a galaxy of no pictures", () => {
    const { bytes, columns } = pointsFile([]);
    expect(decodePoints(bytes, { url: "p", n: 0, columns }, "p").n).toBe(0);
  });

  it("refuses other bytes, another count, a missing column and a short file, and says so", () => {
    const { bytes, columns } = pointsFile(PICTURES);
    const table = { url: "p", n: 3, columns };
    expect(() => decodePoints(new TextEncoder().encode("<!doctype html><html>"), table, "p")).toThrow('Expected GLXP version 1 from p, got "<!do"');
    expect(() => decodePoints(new Uint8Array(3), table, "p")).toThrow(WireError);
    expect(() => decodePoints(bytes, { ...table, n: 4 }, "p")).toThrow("Expected 4 rows in p, it holds 3");
    expect(() => decodePoints(bytes, { ...table, columns: columns.slice(1) }, "p")).toThrow("Expected a column position of 3 × uint16");
    expect(() => decodePoints(bytes.subarray(0, bytes.length - 4), table, "p")).toThrow("Expected column tile at offset");
  });
});

describe("the ids file", () => {
  it("finds the uuid of a point and the point of a uuid", () => {
    const ids = decodeIds(idsFile(300), 300, "i");
    for (const index of [0, 1, 255, 299]) {
      expect(ids.uuidAt(index)).toBe(uuidOf(index));
      expect(ids.indexOf(uuidOf(index))).toBe(index);
    }
  });

  it("knows no uuid that is not in it, and nothing that is no uuid", () => {
    const ids = decodeIds(idsFile(2), 2, "i");
    expect(ids.indexOf(uuidOf(2))).toBe(-1);
    expect(ids.indexOf("0")).toBe(-1);
    expect(ids.indexOf(uuidOf(1).toUpperCase())).toBe(1);
    expect(parseUuid("zzzzzzzz-0000-4000-8000-000000000000")).toBeNull();
  });

  it("refuses a file that was cut off", () => {
    expect(() => decodeIds(idsFile(3).subarray(0, 40), 3, "i")).toThrow("Expected 3 uuids in i, it has 40 bytes");
  });
});

describe("pointer and manifest", () => {
  it("refuses a version it cannot read, and says what came", () => {
    expect(() => readPointer({ format: "galaxy-pointer", version: 2, manifest: "m" }, "u")).toThrow("Expected galaxy-pointer version 1 from u, got galaxy-pointer version 2");
    expect(() => readPointer(null, "u")).toThrow(WireError);
    expect(() => readPointer({ format: "galaxy-pointer", version: 1 }, "u")).toThrow("Expected the name of a manifest");
  });

  it("names the parts that a manifest lacks", () => {
    expect(() => readManifest({ format: "galaxy-artifact", version: 1, bounds: {}, clusters: [], points: {} }, "u")).toThrow("Expected ids, atlases, details in u");
  });
});
