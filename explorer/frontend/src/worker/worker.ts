/** The worker's own file: parses chunks and compares codes, so that the page's thread only lays them into place. */
import { asWireError } from "../api/errors";
import { perform } from "./jobs";
import type { Answer, Request } from "./messages";

/** What a dedicated worker's global scope gives us; the compiler knows only the page's. */
interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(answer: Answer, transfer?: readonly ArrayBufferLike[]): void;
}

const scope = self as unknown as Scope;
const underWay = new Map<number, AbortController>();

scope.onmessage = ({ data }) => {
  if (data.kind === "abandon") underWay.get(data.id)?.abort();
  else void answer(data);
};

async function answer({ id, kind, job }: Exclude<Request, { kind: "abandon" }>): Promise<void> {
  const stop = new AbortController();
  underWay.set(id, stop);
  try {
    const result = await perform(kind, job, (arrived, expected) => { scope.postMessage({ id, kind: "bytes", arrived, expected }); }, stop.signal);
    const buffers = new Set(Object.values(result).map((column: Uint8Array) => column.buffer));
    scope.postMessage({ id, kind: "done", result }, [...buffers]);
  } catch (error) {
    const { kind: why, url, message } = asWireError(error, "url" in job ? job.url : job.base);
    scope.postMessage({ id, kind: "failed", error: { kind: why, url, message } });
  } finally {
    underWay.delete(id);
  }
}
