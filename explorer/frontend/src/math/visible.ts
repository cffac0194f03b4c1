import { mayShow, type Rect } from "./blocks";
import { project, type Projection, type ScreenPoint } from "./project";
import { FADE_FROM_PX } from "./sizes";
import type { World } from "./world";

/** Pictures near enough to be drawn as pictures, far ones first. */
export class VisiblePictures {
  /** Point numbers, valid up to `count`, in drawing order: far to near, the chosen one last. */
  readonly index: Uint32Array;
  /** Size on the screen, CSS px of the longer side. */
  readonly px: Float32Array;
  /** Its middle on the canvas, CSS px. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  count = 0;

  readonly #keys: Float64Array;
  /** Of each candidate, in the order in which they were found: its point, and where it is projected. */
  readonly #found: Uint32Array;
  readonly #foundX: Float32Array;
  readonly #foundY: Float32Array;
  readonly #max: number;

  /**
   * @param max - most pictures drawn at once; the nearest win
   * @param scratch - most candidates looked at before the nearest are taken
   */
  constructor(max: number, scratch: number) {
    this.#max = max;
    this.#keys = new Float64Array(scratch);
    this.#found = new Uint32Array(scratch);
    this.#foundX = new Float32Array(scratch);
    this.#foundY = new Float32Array(scratch);
    this.index = new Uint32Array(max);
    this.px = new Float32Array(max);
    this.x = new Float32Array(max);
    this.y = new Float32Array(max);
  }

  /**
   * Finds them anew. Allocates nothing but a view for the sort.
   *
   * @param front - the point whose picture is drawn over all others (the chosen one), or -1
   */
  update(world: World, p: Projection, front = -1): void {
    const { positions, flags, blocks, sizes } = world;
    const maxDepth = (sizes.picture * p.focal) / FADE_FROM_PX;
    // Depth in the high bits, the candidate's number in the low 24: one native sort of plain numbers, no comparison function.
    const toSteps = 2 ** 24 / maxDepth;
    let found = 0;
    for (let b = 0; b < blocks.n && found < this.#keys.length; b += 1) {
      if (blocks.shown[b] === 0 || !mayShow(blocks.balls, b, p, screenWithMargin(p), maxDepth)) continue;
      const last = blocks.first[b + 1]!;
      for (let i = blocks.first[b]!; i < last && found < this.#keys.length; i += 1) {
        if ((flags[i]! & 1) !== 0) continue;
        if (!project(p, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!, spot)) continue;
        if (spot.depth > maxDepth) continue;
        const half = 0.5 * sizes.picture * spot.scale;
        if (spot.x + half < 0 || spot.x - half > p.width || spot.y + half < 0 || spot.y - half > p.height) continue;
        this.#found[found] = i;
        this.#foundX[found] = spot.x;
        this.#foundY[found] = spot.y;
        this.#keys[found] = Math.floor(spot.depth * toSteps) * 2 ** 24 + found;
        found += 1;
      }
    }
    const keys = this.#keys.subarray(0, found).sort();
    this.count = Math.min(found, this.#max);
    for (let k = 0; k < this.count; k += 1) {
      const key = keys[this.count - 1 - k]!;
      const steps = Math.floor(key / 2 ** 24);
      const candidate = key - steps * 2 ** 24;
      this.index[k] = this.#found[candidate]!;
      this.x[k] = this.#foundX[candidate]!;
      this.y[k] = this.#foundY[candidate]!;
      this.px[k] = (sizes.picture * p.focal * toSteps) / Math.max(steps, 1);
    }
    if (front >= 0) this.#bringToFront(front);
  }

  #bringToFront(front: number): void {
    const at = this.index.subarray(0, this.count).indexOf(front);
    if (at < 0) return;
    for (const column of [this.index, this.px, this.x, this.y]) {
      const own = column[at]!;
      column.copyWithin(at, at + 1, this.count);
      column[this.count - 1] = own;
    }
  }
}

const spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
const screen: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };

/** The canvas and half of it around: a picture's centre may lie outside while its edge shows. */
function screenWithMargin(p: Projection): Rect {
  screen.x0 = -p.width / 2;
  screen.y0 = -p.height / 2;
  screen.x1 = 1.5 * p.width;
  screen.y1 = 1.5 * p.height;
  return screen;
}
