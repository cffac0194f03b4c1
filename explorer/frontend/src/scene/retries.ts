const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
/** So many failures in a row, and people are told. */
const STALLED_AFTER = 4;

/** Who is to hear of it when files fail. */
export interface RetryListener {
  /** Something that failed may be asked for again. */
  onDue(): void;
  /** Failures go on (true), or something came again (false). */
  onStalled(isStalled: boolean): void;
}

/** Keeps what failed from being asked for again too soon: each failure doubles its pause, up to a minute. */
export class Retries {
  readonly #listener: RetryListener;
  readonly #dueMs = new Map<number, number>();
  readonly #nFailures = new Map<number, number>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #inARow = 0;

  constructor(listener: RetryListener) {
    this.#listener = listener;
  }

  /** Whether a thing may be asked for now. */
  isDue(thing: number, nowMs: number): boolean {
    return nowMs >= (this.#dueMs.get(thing) ?? 0);
  }

  /** Notes a failure; `onDue` is called when its pause is over. */
  failed(thing: number, nowMs: number): void {
    const n = (this.#nFailures.get(thing) ?? 0) + 1;
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (n - 1));
    this.#nFailures.set(thing, n);
    this.#dueMs.set(thing, nowMs + pauseMs);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#listener.onDue();
    }, pauseMs);
    this.#timers.add(timer);
    this.#inARow += 1;
    if (this.#inARow === STALLED_AFTER) this.#listener.onStalled(true);
  }

  succeeded(thing: number): void {
    if (this.#inARow >= STALLED_AFTER) this.#listener.onStalled(false);
    this.#inARow = 0;
    this.#nFailures.delete(thing);
    this.#dueMs.delete(thing);
  }

  /** Lets everything be asked for at once. */
  reset(): void {
    this.#inARow = 0;
    this.#nFailures.clear();
    this.#dueMs.clear();
    this.#listener.onDue();
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
