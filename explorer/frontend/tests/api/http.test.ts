import { describe, expect, it, vi } from "vitest";
import { fetchBytes, fetchJson } from "../../src/api/http";
import { answering, gzip } from "../support";

const encode = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(JSON.stringify(value)));

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
