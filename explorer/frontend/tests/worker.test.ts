import { describe, expect, it, vi } from "vitest";
import { ChunkParser } from "../src/worker/chunk_parser";
import type { ChunkJob } from "../src/worker/parse_chunk";
import { answering, chunkFile, COLUMNS, FIVE } from "./support";

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
    const chunk = await new ChunkParser(null).parse(JOB, onBytes);
    expect([...chunk.positions.subarray(0, 3)]).toEqual([-1, -1, -1]);
    expect(chunk.balls).toHaveLength(4);
    expect([...chunk.tile]).toEqual([0, 1, 2, 3, 4]);
    expect(onBytes).toHaveBeenCalled();
  });

  it("goes on without a worker where none can start, and where starting one is forbidden", async () => {
    serve();
    vi.stubGlobal("Worker", Missing);
    await expect(new ChunkParser("http://x/w.js").parse(JOB)).resolves.toMatchObject({ cluster: Uint8Array.of(0, 1, 0, 1, 0) });
    vi.stubGlobal("Worker", () => { throw new DOMException("no", "SecurityError"); });
    await expect(new ChunkParser("http://x/w.js").parse(JOB)).resolves.toMatchObject({ cluster: Uint8Array.of(0, 1, 0, 1, 0) });
  });

  it("says what is wrong with a chunk", async () => {
    serve();
    await expect(new ChunkParser(null).parse({ ...JOB, n: 6 })).rejects.toMatchObject({ kind: "format", url: JOB.url });
  });
});
