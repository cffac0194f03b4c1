import type { Galaxy } from "../api/galaxy";
import { FLAG_NEWCOMER, FLAG_TOMBSTONE } from "../api/wire";
import { bringIn } from "../math/arrival";

/** More than these are not an update but a new galaxy: they are simply there. */
const MAX_FLYING = 20_000;

/** Lets the pictures that came with the latest update fly to their places. */
export class Arrivals {
  readonly #galaxy: Galaxy;
  readonly #radius: number;
  #points: Uint32Array = new Uint32Array(0);
  #targets: Float32Array = new Float32Array(0);
  #elapsedMs = 0;
  #flies = false;

  constructor(galaxy: Galaxy, radius: number) {
    this.#galaxy = galaxy;
    this.#radius = radius;
  }

  /** Loads the nodes that hold newcomers and finds these. Raises WireError. */
  async find(): Promise<number> {
    const { nodes, points } = this.#galaxy;
    // What came since the last compaction lies in nodes of its own.
    const young = nodes.list.map((_, k) => k).filter((k) => k > 0 && nodes.list[k]!.parent < 0);
    await Promise.all(young.map((k) => nodes.load(k)));
    const found: number[] = [];
    for (const k of young) {
      const { first, n } = nodes.list[k]!;
      for (let i = first; i < first + n; i += 1) if ((points.flags[i]! & (FLAG_NEWCOMER | FLAG_TOMBSTONE)) === FLAG_NEWCOMER) found.push(i);
    }
    this.#points = Uint32Array.from(found);
    return found.length;
  }

  /** The newcomers, once found. */
  get points(): Uint32Array {
    return this.#points;
  }

  /** Begins their flight. */
  start(): void {
    if (this.#points.length === 0 || this.#points.length > MAX_FLYING) return;
    this.#targets = new Float32Array(3 * this.#points.length);
    const { positions } = this.#galaxy.points;
    this.#points.forEach((index, k) => { this.#targets.set(positions.subarray(3 * index, 3 * index + 3), 3 * k); });
    this.#elapsedMs = 0;
    this.#flies = true;
  }

  /** Moves them on. Returns whether anything moved; then the points have to be drawn anew. */
  step(elapsedMs: number): boolean {
    if (!this.#flies) return false;
    this.#elapsedMs += elapsedMs;
    this.#flies = bringIn(this.#points, this.#targets, this.#radius, this.#elapsedMs, this.#galaxy.points.positions);
    return true;
  }

  /** Puts them where they belong, at once: something else wants to move them. */
  finish(): void {
    if (this.#flies) this.step(Infinity);
  }

  get isMoving(): boolean {
    return this.#flies;
  }
}
