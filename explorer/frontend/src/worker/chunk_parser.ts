import { WireError } from "../api/errors";
import type { OnBytes } from "../api/http";
import type { Answer, Request } from "./messages";
import { parseChunk, type ChunkJob, type ParsedChunk } from "./parse_chunk";

interface Waiting {
  readonly job: ChunkJob;
  readonly onBytes: OnBytes;
  readonly resolve: (chunk: ParsedChunk) => void;
  readonly reject: (error: unknown) => void;
}

/** Parses chunks in a worker, or on the page's own thread where no worker can be had. */
export class ChunkParser {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 0;

  /** @param workerUrl - where explorer-worker.js lies, or null to do without */
  constructor(workerUrl: string | null) {
    if (workerUrl === null || typeof Worker === "undefined") return;
    try {
      this.#worker = new Worker(workerUrl);
    } catch {
      // Another origin's script, or a policy that forbids workers: the page can do it too.
      return;
    }
    this.#worker.onmessage = (event: MessageEvent<Answer>) => { this.#onAnswer(event.data); };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#doWithout();
    };
  }

  /** Fetches and parses a chunk. `onBytes` hears of the bytes as they arrive. Raises WireError. */
  parse(job: ChunkJob, onBytes: OnBytes = () => undefined): Promise<ParsedChunk> {
    const worker = this.#worker;
    if (worker === null) return parseChunk(job, onBytes);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { job, onBytes, resolve, reject });
      worker.postMessage({ id, job } satisfies Request);
    });
  }

  /** Ends the worker; what was still asked of it is never answered. */
  dispose(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting.clear();
  }

  #onAnswer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    if (answer.kind === "bytes") {
      waiting.onBytes(answer.arrived, answer.expected);
      return;
    }
    this.#waiting.delete(answer.id);
    if (answer.kind === "parsed") waiting.resolve(answer.chunk);
    else waiting.reject(new WireError(answer.error.kind, answer.error.url, answer.error.message));
  }

  /** The worker's file is missing or forbidden: what it was asked for is done here. */
  #doWithout(): void {
    this.#worker?.terminate();
    this.#worker = null;
    const left = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { job, onBytes, resolve, reject } of left) parseChunk(job, onBytes).then(resolve, reject);
  }
}
