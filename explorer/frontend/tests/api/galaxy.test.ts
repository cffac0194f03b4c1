import { beforeEach, describe, expect, it, vi } from "vitest";
import { loadGalaxy, type Galaxy } from "../../src/api/galaxy";
import { parseUuid } from "../../src/api/uuids";
import type { Manifest, Tables } from "../../src/api/wire";
import { answering, binaryFile, FIVE, gzip, joined, lookupFile, makeDetails, makeFiles, uint32s, uuidOf } from "../support";

const NONE = 0xffffffff;
const SIZES = [2, 3];
const row = (...tiles: number[]): number[] => [...tiles, ...Array.from({ length: 12 - tiles.length }, () => NONE)];
const neighbours = (rows: readonly number[][], magic: string, tiles: readonly number[] = []): Uint8Array =>
  binaryFile(magic, rows.length, joined(uint32s(tiles), uint32s(rows.flat()), new Uint8Array(12 * rows.length).fill(255)));

function serve(files: Record<string, unknown>): ReturnType<typeof vi.fn> {
  const fetch = vi.fn(answering(files));
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

const open = (): Promise<Galaxy> => loadGalaxy("/artifacts/test/current.json", null, new AbortController().signal, () => undefined);

beforeEach(() => {
  vi.stubGlobal("document", { baseURI: "http://localhost/galaxy/test/" });
});

describe("opening a galaxy", () => {
  it("fetches pointer, manifest and the root alone, compressed or not", async () => {
    const files = makeFiles(FIVE, SIZES);
    const fetch = serve({ ...files, "objects/n0.bin": await gzip(files["objects/n0.bin"] as Uint8Array<ArrayBuffer>) });
    const galaxy = await open();
    expect(fetch).toHaveBeenCalledTimes(3);
    expect([0, 1, 2, 4].map((index) => galaxy.isLoaded(index))).toEqual([true, true, false, false]);
    expect([0, 1, 2, 4].map((index) => galaxy.isShown(index))).toEqual([true, true, false, false]);
    expect([...galaxy.points.cluster]).toEqual([0, 1, 0, 0, 0]);
    expect([...galaxy.points.positions.subarray(0, 3)]).toEqual([-1, -1, -1]);
  });

  it("lays a node into its place when it comes, and says so", async () => {
    serve(makeFiles(FIVE, SIZES));
    const galaxy = await open();
    const heard = vi.fn();
    galaxy.nodes.onLoaded(heard);
    await Promise.all([galaxy.nodes.load(1), galaxy.nodes.load(1)]);
    expect(heard).toHaveBeenCalledTimes(1);
    expect([...galaxy.points.cluster]).toEqual([0, 1, 0, 1, 0]);
    expect([...galaxy.points.tile]).toEqual([0, 1, 2, 3, 4]);
    expect([...galaxy.nodes.blocks.first]).toEqual([0, 2, 5]);
    expect(galaxy.nodes.blocks.balls[4 + 3]).toBeGreaterThan(0);
  });
});

describe("asking a galaxy", () => {
  it("finds a uuid's point, its node loaded, and a point's uuid", async () => {
    serve(makeFiles(FIVE, SIZES));
    const galaxy = await open();
    await expect(galaxy.find(uuidOf(4))).resolves.toBe(4);
    expect(galaxy.isLoaded(4)).toBe(true);
    await expect(galaxy.uuidOf(3)).resolves.toBe(uuidOf(3));
    await expect(galaxy.find(uuidOf(77))).resolves.toBe(-1);
    await expect(galaxy.find("0")).resolves.toBe(-1);
  });

  it("refuses a uuid when places and points do not agree", async () => {
    const files = makeFiles(FIVE);
    serve({ ...files, "objects/places.bin": makeFiles([...FIVE].reverse())["objects/places.bin"], "objects/n0.bin": makeFiles(FIVE.map((one, i) => ({ ...one, tile: 4 - i })))["objects/n0.bin"] });
    const galaxy = await open();
    await expect(galaxy.uuidOf(0)).rejects.toThrow("Expected the uuid of point 0, tile 4 has point 4");
  });

  it("gives neighbours in order, patches before parts, the latest of them being the first in the list", async () => {
    const files = makeFiles(FIVE, SIZES);
    const tables = { ...(files["objects/t.json"] as object), neighbour_patches: ["objects/q1.bin", "objects/q0.bin"] };
    serve({
      ...files,
      "objects/t.json": tables,
      "objects/neighbours.bin": neighbours([row(4, 1), row(0), row(0), row(0), row(0)], "GLXN"),
      "objects/q0.bin": neighbours([row(2), row(2)], "GLXQ", [1, 3]),
      "objects/q1.bin": neighbours([row(4)], "GLXQ", [3]),
    });
    const galaxy = await open();
    const near = async (index: number): Promise<number[]> => (await galaxy.neighboursOf(index)).map((one) => one.index);
    await expect(near(0)).resolves.toEqual([4, 1]);
    await expect(near(1)).resolves.toEqual([2]);
    await expect(near(3)).resolves.toEqual([4]);
    expect((await galaxy.neighboursOf(0))[0]).toEqual({ uuid: uuidOf(4), index: 4, similarity: 1 });
  });

  it("says null where there is no extra column", async () => {
    serve(makeFiles(FIVE));
    await expect((await open()).loadColumn("flat", 0)).resolves.toBeNull();
  });
});

describe("what is withdrawn", () => {
  it("is a tombstone everywhere from the first moment, whatever the files hold", async () => {
    serve({
      ...makeFiles(FIVE, SIZES, [uuidOf(1), uuidOf(4)]),
      "objects/neighbours.bin": neighbours([row(4, 2), row(0), row(0), row(0), row(0)], "GLXN"),
      "objects/d0.json": { version: 2, images: [makeDetails(0), makeDetails(1)] },
    });
    const galaxy = await open();
    expect(galaxy.isShown(1)).toBe(false);
    await galaxy.nodes.load(1);
    expect([0, 1, 2, 3, 4].filter((index) => galaxy.isShown(index))).toEqual([0, 2, 3]);
    await expect(galaxy.find(uuidOf(4))).resolves.toBe(-1);
    await expect(galaxy.uuidOf(1)).rejects.toThrow("Expected the uuid of point 1");
    await expect(galaxy.details.fetch(1)).rejects.toThrow("Expected the uuid of point 1");
    expect((await galaxy.neighboursOf(0)).map((one) => one.index)).toEqual([2]);
  });

  it("is so too where only the lookup's delta knows it, as it does newcomers", async () => {
    const files = makeFiles(FIVE, SIZES, [uuidOf(1), uuidOf(4)]);
    const tables = files["objects/t.json"] as Tables;
    const newcomers = joined(...[3, 4].map((i) => parseUuid(uuidOf(i))!), uint32s([3, 4]));
    serve({
      ...files,
      "objects/t.json": { ...tables, lookup: { ...tables.lookup, delta: { url: "objects/delta.bin", first: 3, n: 2 } } },
      "objects/lookup.bin": lookupFile(3),
      "objects/delta.bin": binaryFile("GLXU", 2, newcomers),
    });
    const galaxy = await open();
    await galaxy.nodes.load(1);
    expect([0, 1, 2, 3, 4].filter((index) => galaxy.isShown(index))).toEqual([0, 2, 3]);
    await expect(galaxy.find(uuidOf(3))).resolves.toBe(3);
    await expect(galaxy.find(uuidOf(4))).resolves.toBe(-1);
    await expect(galaxy.find(uuidOf(77))).resolves.toBe(-1);
  });

  it("asks for each file of the lookup once, however many are withdrawn", async () => {
    const withdrawn = Array.from({ length: 2000 }, (_, i) => uuidOf((i * 77) % 65_536));
    const files = makeFiles(FIVE, SIZES, withdrawn);
    const tables = files["objects/t.json"] as Tables;
    const urls = Array.from({ length: 256 }, (_, k) => `objects/lookup${k}.bin`);
    const empty = Object.fromEntries(urls.map((url) => [url, binaryFile("GLXU", 0, new Uint8Array())]));
    const fetch = serve({ ...files, ...empty, "objects/t.json": { ...tables, lookup: { bits: 8, urls, delta: null } } });
    await open();
    expect(fetch.mock.calls.filter(([url]) => String(url).includes("lookup"))).toHaveLength(256);
  });

  it("becomes a tombstone while the galaxy is open, in nodes that have come and in those that come later", async () => {
    const fetch = serve(makeFiles(FIVE, SIZES));
    const galaxy = await open();
    const heard = vi.fn();
    galaxy.nodes.onHidden(heard);
    await galaxy.hide([uuidOf(1), uuidOf(4), uuidOf(77)]);
    expect(heard).toHaveBeenCalledTimes(1);
    expect([galaxy.isShown(0), galaxy.isShown(1)]).toEqual([true, false]);
    await galaxy.nodes.load(1);
    expect([0, 1, 2, 3, 4].filter((index) => galaxy.isShown(index))).toEqual([0, 2, 3]);
    await expect(galaxy.find(uuidOf(4))).resolves.toBe(-1);
    expect([0, 1].map((i) => galaxy.isWithdrawn(uuidOf(i)))).toEqual([false, true]);
    const nAsked = fetch.mock.calls.length;
    await galaxy.hide([uuidOf(1), uuidOf(4), uuidOf(77)]);
    expect([fetch.mock.calls.length, heard.mock.calls.length]).toEqual([nAsked, 1]);
  });

  it("is known by name at once, and as a point as soon as the files say which it is", async () => {
    const files = makeFiles(FIVE, SIZES);
    serve({ ...files, "objects/lookup.bin": new Uint8Array() });
    const galaxy = await open();
    await expect(galaxy.hide([uuidOf(1)])).rejects.toMatchObject({ kind: "format" });
    expect([galaxy.isWithdrawn(uuidOf(1)), galaxy.isShown(1)]).toEqual([true, true]);
    serve(files);
    await galaxy.hide([uuidOf(1)]);
    expect(galaxy.isShown(1)).toBe(false);
  });
});

describe("a manifest that somebody tampered with", () => {
  const openWith = (changes: (manifest: Manifest) => object): Promise<Galaxy> => {
    const files = makeFiles(FIVE, SIZES);
    const manifest = files["objects/m.json"] as Manifest;
    serve({ ...files, "objects/m.json": { ...manifest, ...changes(manifest) } });
    return open();
  };
  const withNode = (changes: object) => (manifest: Manifest) => ({ nodes: [manifest.nodes[0]!, { ...manifest.nodes[1]!, ...changes }] });

  it.each([{ parent: 1 }, { parent: 5 }, { parent: -2 }, { parent: 0.5 }, { n: -3 }, { n: 1e12 }, { n: "3" }, { n: 0 }])("is refused: a node with %o", async (changes) => {
    await expect(openWith(withNode(changes))).rejects.toThrow("parents before children");
  });

  it("is refused without a list of nodes, and with another number of points", async () => {
    await expect(openWith(() => ({ nodes: {} }))).rejects.toThrow("parents before children");
    await expect(openWith(() => ({ n_points: 1e12 }))).rejects.toThrow("Expected nodes that hold the 1000000000000 points");
  });

  it.each(["https://elsewhere.example/t.bin", "//elsewhere.example/t.bin", "/media/secret", "../other/objects/t.bin", "data:,x", "./", "http://["])("leads nowhere else: tables at %j", async (tables) => {
    await expect(openWith(() => ({ tables }))).rejects.toThrow("Expected the name of a file below http://localhost/artifacts/test/");
  });
});

describe("details", () => {
  it("come a part at a time, once for all its pictures", async () => {
    const fetch = serve({ ...makeFiles(FIVE), "d1.json": { version: 2, images: [makeDetails(2), makeDetails(3)] } });
    const galaxy = await open();
    const [two, three] = await Promise.all([galaxy.details.fetch(2), galaxy.details.fetch(3)]);
    expect([two.title, three.title]).toEqual(["Picture 2", "Picture 3"]);
    expect(fetch.mock.calls.filter(([url]) => String(url).endsWith("d1.json"))).toHaveLength(1);
  });

  it("never tell of one picture what is true of another", async () => {
    serve({ ...makeFiles(FIVE), "d0.json": { version: 2, images: [makeDetails(1), makeDetails(0)] } });
    await expect((await open()).details.fetch(0)).rejects.toThrow(`Expected the details of ${uuidOf(0)}, found those of ${uuidOf(1)}`);
  });

  it("are asked for again after a failure", async () => {
    const files = makeFiles(FIVE);
    serve(files);
    const galaxy = await open();
    await expect(galaxy.details.fetch(0)).rejects.toMatchObject({ kind: "missing" });
    serve({ ...files, "d0.json": { version: 2, images: [makeDetails(0), null] } });
    await expect(galaxy.details.fetch(0)).resolves.toMatchObject({ title: "Picture 0" });
  });
});
