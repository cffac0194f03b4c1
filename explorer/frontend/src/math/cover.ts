/** Cells of the canvas, CSS px a side: finer tells more, and costs more to ask. */
const CELL_PX = 24;

/**
 * Which parts of the canvas lie wholly behind opaque pictures. Told from near to far, it says which picture cannot be seen at all, so
 * that a crowd of them costs no more to draw than what shows of it.
 */
export class Cover {
  #columns = 0;
  #rows = 0;
  #cells = new Uint8Array(0);

  /** Begins a frame: nothing is covered. CSS px. */
  begin(width: number, height: number): void {
    this.#columns = Math.ceil(width / CELL_PX);
    this.#rows = Math.ceil(height / CELL_PX);
    if (this.#cells.length < this.#columns * this.#rows) this.#cells = new Uint8Array(this.#columns * this.#rows);
    else this.#cells.fill(0);
  }

  /** Whether a rectangle around (x, y) lies wholly behind what was told before, or outside the canvas. */
  hides(x: number, y: number, halfWidth: number, halfHeight: number): boolean {
    const c0 = Math.max(0, Math.floor((x - halfWidth) / CELL_PX));
    const c1 = Math.min(this.#columns - 1, Math.floor((x + halfWidth) / CELL_PX));
    const r0 = Math.max(0, Math.floor((y - halfHeight) / CELL_PX));
    const r1 = Math.min(this.#rows - 1, Math.floor((y + halfHeight) / CELL_PX));
    for (let r = r0; r <= r1; r += 1) {
      for (let c = c0; c <= c1; c += 1) if (this.#cells[r * this.#columns + c] === 0) return false;
    }
    return true;
  }

  /** Tells of an opaque rectangle around (x, y): cells wholly inside it are covered from now on. */
  add(x: number, y: number, halfWidth: number, halfHeight: number): void {
    const c0 = Math.max(0, Math.ceil((x - halfWidth) / CELL_PX));
    const c1 = Math.min(this.#columns, Math.floor((x + halfWidth) / CELL_PX));
    const r0 = Math.max(0, Math.ceil((y - halfHeight) / CELL_PX));
    const r1 = Math.min(this.#rows, Math.floor((y + halfHeight) / CELL_PX));
    for (let r = r0; r < r1; r += 1) {
      for (let c = c0; c < c1; c += 1) this.#cells[r * this.#columns + c] = 1;
    }
  }
}
