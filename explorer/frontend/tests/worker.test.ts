import { describe, expect, it, vi } from "vitest";
import { Background } from "../src/worker/background";
import type { SimilarJob } from "../src/worker/find_similar";
import type { ChunkJob } from "../src/worker/parse_chunk";
import type { Request } from "../src/worker/messages";
import { answering, binaryFile, chunkFile, COLUMNS, FIVE } from "./support";

const JOB: ChunkJob = { url: "http://x/n0.bin", n: 5, columns: COLUMNS, origin: [-1, -1, -1], extent: 2 };
const serve = (): void => { vi.stubGlobal("fetch", answering({ "n0.bin": chunkFile(FIVE) })); };

/** A worker that cannot start, as one whose file is missing. */
class Missing {
  onmessage: unknown = null;
  onerror: ((event: { preventDefault: () => void }) => void) | null = null;
  postMessage(): void {
    queueMicrotask(() => { this.onerror?.({ preventDefault: () => undefined }); });
  }
  terminate(): void {
    /* there is nothing to end */
  }
}

describe("parsing chunks", () => {
  it("makes positions, balls and columns, and tells of the bytes", async () => {
    serve();
    const onBytes = vi.fn();
    const chunk = await new Background(null).do("chunk", JOB, onBytes);
    expect([...chunk.positions.subarray(0, 3)]).toEqual([-1, -1, -1]);
    expect(chunk.balls).toHaveLength(4);
    expect([...chunk.tile]).toEqual([0, 1, 2, 3, 4]);
    expect(onBytes).toHaveBeenCalled();
  });

  it("goes on without a worker where none can start, and where starting one is forbidden", async () => {
    serve();
    vi.stubGlobal("Worker", Missing);
    await expect(new Background("http://x/w.js").do("chunk", JOB)).resolves.toMatchObject({ cluster: Uint8Array.of(0, 1, 0, 1, 0) });
    vi.stubGlobal("Worker", () => { throw new DOMException("no", "SecurityError"); });
    await expect(new Background("http://x/w.js").do("chunk", JOB)).resolves.toMatchObject({ cluster: Uint8Array.of(0, 1, 0, 1, 0) });
  });

  it("says what is wrong with a chunk", async () => {
    serve();
    await expect(new Background(null).do("chunk", { ...JOB, n: 6 })).rejects.toMatchObject({ kind: "format", url: JOB.url });
  });
});

/** Two parts of codes: tiles 0 and 1, and 2; the last is as tile 0, the one before quite another. */
const SIMILAR: SimilarJob = { base: "http://x/", parts: [{ url: "c0.bin", first: 0, n: 2 }, { url: "c1.bin", first: 2, n: 1 }], n_features: 2, tile: 0, limit: 5, least: 0.5 };
const CODES = { "c0.bin": binaryFile("GLXC", 2, Uint8Array.of(100, 0, 0, 100), 2), "c1.bin": binaryFile("GLXC", 1, Uint8Array.of(50, 0), 2) };

/** The real worker's file on this thread, as a browser would run it on another. Returns what it was sent. */
async function startWorker(): Promise<Request[]> {
  const sent: Request[] = [];
  const scope: { onmessage?: (event: { data: Request }) => void; postMessage?: (answer: unknown) => void } = {};
  vi.stubGlobal("self", scope);
  vi.resetModules();
  await import("../src/worker/worker");
  vi.stubGlobal("Worker", class {
    onmessage: ((event: { data: unknown }) => void) | null = null;
    constructor() { scope.postMessage = (data) => { queueMicrotask(() => this.onmessage?.({ data })); }; }
    postMessage(data: Request): void { sent.push(data); scope.onmessage!({ data }); }
  });
  return sent;
}

describe("comparing codes", () => {
  it("is done by the worker, which tells how far it is", async () => {
    vi.stubGlobal("fetch", answering(CODES));
    const sent = await startWorker();
    const onBytes = vi.fn();
    const found = await new Background("http://x/w.js").do("similar", SIMILAR, onBytes);
    expect([[...found.tiles], [...found.cosines]]).toEqual([[0, 2], [1, 1]]);
    expect(onBytes.mock.calls).toEqual([[0, 6], [4, 0], [2, 0]]);
    expect(sent.map(({ kind }) => kind)).toEqual(["similar"]);
  });

  it("ends when nobody wants it any more", async () => {
    const fetch = vi.fn((url: string) => answering(CODES)(url));
    vi.stubGlobal("fetch", fetch);
    const sent = await startWorker();
    const stop = new AbortController();
    const asked = new Background("http://x/w.js").do("similar", SIMILAR, undefined, stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ kind: "aborted" });
    expect(sent.map(({ kind }) => kind)).toEqual(["similar", "abandon"]);
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(["http://x/c0.bin"]);
  });

  it("is done on the page where there is no worker", async () => {
    vi.stubGlobal("fetch", answering(CODES));
    vi.stubGlobal("Worker", Missing);
    const found = await new Background("http://x/w.js").do("similar", SIMILAR);
    expect([...found.tiles]).toEqual([0, 2]);
  });

  it("finds nothing like a tile in no part", async () => {
    vi.stubGlobal("fetch", answering(CODES));
    expect((await new Background(null).do("similar", { ...SIMILAR, tile: 9 })).tiles).toHaveLength(0);
  });
});
