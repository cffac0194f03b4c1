/** The worker's own file: parses chunks so that the page's thread only lays them into place. */
import { asWireError } from "../api/errors";
import type { Answer, Request } from "./messages";
import { parseChunk } from "./parse_chunk";

/** What a dedicated worker's global scope gives us; the compiler knows only the page's. */
interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer, transfer?: readonly ArrayBufferLike[]): void;
}

const scope = self as unknown as Scope;

scope.onmessage = (event) => {
  void answer(event.data);
};

async function answer({ id, job }: Request): Promise<void> {
  try {
    const chunk = await parseChunk(job, (arrived, expected) => { scope.postMessage({ id, kind: "bytes", arrived, expected }); });
    const buffers = new Set(Object.values(chunk).map((column: Uint8Array) => column.buffer));
    scope.postMessage({ id, kind: "parsed", chunk }, [...buffers]);
  } catch (error) {
    const { kind, url, message } = asWireError(error, job.url);
    scope.postMessage({ id, kind: "failed", error: { kind, url, message } });
  }
}
