import { beforeEach, describe, expect, it, vi } from "vitest";
import { DetailsSource } from "../../src/api/details";
import { loadGalaxy } from "../../src/api/galaxy";
import { fetchBytes, fetchJson } from "../../src/api/http";
import { answering, FIVE, gzip, idsFile, makeDetails, makeGalaxy, pointsFile, uuidOf } from "../support";

const encode = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(JSON.stringify(value)));

beforeEach(() => {
  vi.stubGlobal("document", { baseURI: "http://localhost/galaxy/test/" });
});

describe("fetching", () => {
  it("decompresses by magic bytes, whatever the name or the headers say", async () => {
    vi.stubGlobal("fetch", answering({ "a.json.gz": await gzip(encode({ a: 1 })), "b.json.gz": { b: 2 } }));
    await expect(fetchJson("http://x/a.json.gz")).resolves.toEqual({ a: 1 });
    await expect(fetchJson("http://x/b.json.gz")).resolves.toEqual({ b: 2 });
  });

  it("tells of the bytes as they arrive", async () => {
    vi.stubGlobal("fetch", answering({ "a.bin": new Uint8Array(1000) }));
    let arrived = 0;
    await fetchBytes("http://x/a.bin", { onBytes: (bytes) => { arrived += bytes; } });
    expect(arrived).toBe(1000);
  });

  it.each([
    [404, "missing"],
    [410, "missing"],
    [403, "forbidden"],
    [500, "server"],
  ])("turns status %i into %s", async (status, kind) => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("", { status })));
    await expect(fetchBytes("http://x/a")).rejects.toMatchObject({ name: "WireError", kind, url: "http://x/a" });
  });

  it("knows a dead network, cut gzip and HTML in place of JSON", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(fetchJson("http://x/a")).rejects.toMatchObject({ kind: "network" });
    const whole = await gzip(encode({ a: "b".repeat(500) }));
    vi.stubGlobal("fetch", answering({ a: whole.slice(0, 20) }));
    await expect(fetchJson("http://x/a")).rejects.toMatchObject({ kind: "format" });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<html>")));
    await expect(fetchJson("http://x/a")).rejects.toMatchObject({ kind: "format" });
  });
});

describe("loading a galaxy", () => {
  it("follows the pointer, names resolved against its folder", async () => {
    const { manifest } = makeGalaxy(FIVE);
    const { bytes } = pointsFile(FIVE);
    vi.stubGlobal("fetch", answering({
      "/artifacts/test/current.json": { format: "galaxy-pointer", version: 1, manifest: "objects/m.json", published_at: "" },
      "/artifacts/test/objects/m.json": manifest,
      "/artifacts/test/objects/points.bin": await gzip(bytes),
      "/artifacts/test/objects/ids.bin": await gzip(idsFile(5)),
    }));
    const galaxy = await loadGalaxy("/artifacts/test/current.json", new AbortController().signal, () => undefined);
    expect(galaxy.points.n).toBe(5);
    expect(galaxy.ids.uuidAt(4)).toBe(uuidOf(4));
    expect([...galaxy.points.cluster]).toEqual([0, 1, 0, 1, 0]);
  });
});

describe("details", () => {
  const table = { shard_size: 2, shards: ["objects/d0.json", "objects/d1.json"] };

  it("fetches a shard once for all its pictures", async () => {
    const fetch = vi.fn(answering({ "d1.json": { version: 1, images: [makeDetails(2), makeDetails(3)] } }));
    vi.stubGlobal("fetch", fetch);
    const source = new DetailsSource(table, "http://x/g/current.json");
    const [two, three] = await Promise.all([source.fetch(2, uuidOf(2)), source.fetch(3, uuidOf(3))]);
    expect([two.title, three.title]).toEqual(["Picture 2", "Picture 3"]);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("never tells of one picture what is true of another", async () => {
    vi.stubGlobal("fetch", answering({ "d0.json": { version: 1, images: [makeDetails(1), makeDetails(0)] } }));
    const source = new DetailsSource(table, "http://x/g/current.json");
    await expect(source.fetch(0, uuidOf(0))).rejects.toThrow(`Expected the details of ${uuidOf(0)}, found those of ${uuidOf(1)}`);
  });

  it("asks again after a failure", async () => {
    vi.stubGlobal("fetch", answering({}));
    const source = new DetailsSource(table, "http://x/g/current.json");
    await expect(source.fetch(0, uuidOf(0))).rejects.toMatchObject({ kind: "missing" });
    vi.stubGlobal("fetch", answering({ "d0.json": { version: 1, images: [makeDetails(0)] } }));
    await expect(source.fetch(0, uuidOf(0))).resolves.toMatchObject({ title: "Picture 0" });
  });
});
