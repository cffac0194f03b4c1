import { clamp } from "./easing";

/** Shares of the canvas's own pixels that may be drawn while things move, from all of them down to a quarter. */
const SCALES = [1, 0.7, 0.5] as const;
/** Slower than this, a movement is drawn coarser … */
const SLOW_MS = 34;
/** … and faster than this, the next one finer. */
const FAST_MS = 15;
/** Frames of a movement that are judged together. */
const WINDOW = 4;

/**
 * How fine to draw: coarser while things move on a machine that cannot keep up, all there is as soon as they rest. What was learnt in one
 * movement holds for the next.
 */
export class Resolution {
  #level = 0;
  #moving = false;
  #sumMs = 0;
  #n = 0;

  /** Tells of a frame: whether things move, and how long the last one took. Returns the share of pixels a side to draw, 0.5 to 1. */
  next(moves: boolean, elapsedMs: number): number {
    if (!moves || !this.#moving) {
      // The first frame of a movement follows a rest, and tells nothing.
      this.#moving = moves;
      this.#sumMs = this.#n = 0;
      return moves ? SCALES[this.#level]! : 1;
    }
    this.#sumMs += elapsedMs;
    this.#n += 1;
    if (this.#n === WINDOW) {
      const mean = this.#sumMs / WINDOW;
      const step = mean > SLOW_MS ? 1 : mean < FAST_MS ? -1 : 0;
      this.#level = clamp(this.#level + step, 0, SCALES.length - 1);
      this.#sumMs = this.#n = 0;
    }
    return SCALES[this.#level]!;
  }
}
