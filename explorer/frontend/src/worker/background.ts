import { WireError } from "../api/errors";
import type { OnBytes } from "../api/http";
import { perform, type JobKind, type Jobs } from "./jobs";
import type { Answer, Request } from "./messages";

interface Waiting {
  readonly onBytes: OnBytes;
  readonly resolve: (result: Jobs[JobKind]["result"]) => void;
  readonly reject: (error: unknown) => void;
  /** Does it here. */
  readonly doHere: () => void;
}

/** Does jobs in a worker, or on the page's own thread where no worker can be had. */
export class Background {
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

  /** Does a job. `onBytes` hears of the bytes as they arrive; `signal` ends what nobody wants any more, if it can be ended. Raises WireError, or what `signal` gives as its reason. */
  do<Kind extends JobKind>(kind: Kind, job: Jobs[Kind]["job"], onBytes: OnBytes = () => undefined, signal: AbortSignal = new AbortController().signal): Promise<Jobs[Kind]["result"]> {
    const worker = this.#worker;
    if (worker === null) return perform(kind, job, onBytes, signal);
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const doHere = (): void => { perform(kind, job, onBytes, signal).then(resolve, reject); };
      this.#waiting.set(id, { onBytes, resolve, reject, doHere });
      signal.addEventListener("abort", () => { this.#worker?.postMessage({ id, kind: "abandon" } satisfies Request); });
      worker.postMessage({ id, kind, job });
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
    if (answer.kind === "done") waiting.resolve(answer.result);
    else waiting.reject(new WireError(answer.error.kind, answer.error.url, answer.error.message));
  }

  /** The worker's file is missing or forbidden: what it was asked for is done here. */
  #doWithout(): void {
    this.#worker?.terminate();
    this.#worker = null;
    const left = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { doHere } of left) doHere();
  }
}
