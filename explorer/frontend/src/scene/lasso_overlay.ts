const NAMESPACE = "http://www.w3.org/2000/svg";
/** A corner of the line is kept when it is so far from the last, CSS px. */
const STEP_PX = 4;
/** A line with less than this across is a slip. */
const MIN_SIZE_PX = 12;

/** Lies over the canvas while a line is drawn around pictures; at all other times it is not there. */
export class LassoOverlay {
  readonly #element = document.createElementNS(NAMESPACE, "svg");
  readonly #path = document.createElementNS(NAMESPACE, "path");
  readonly #canvas: HTMLElement;
  readonly #onLine: (line: Float32Array) => void;
  #corners: number[] = [];
  #pointer = -1;

  /** @param onLine - is given the closed line, (k, 2) CSS px of the canvas */
  constructor(parent: HTMLElement, canvas: HTMLElement, onLine: (line: Float32Array) => void) {
    this.#canvas = canvas;
    this.#onLine = onLine;
    this.#element.setAttribute("class", "lasso");
    this.#element.setAttribute("aria-hidden", "true");
    this.#element.append(this.#path);
    this.#element.addEventListener("pointerdown", (event) => { this.#begin(event); });
    this.#element.addEventListener("pointermove", (event) => { this.#goOn(event); });
    this.#element.addEventListener("pointerup", (event) => { this.#end(event); });
    this.#element.addEventListener("pointercancel", () => { this.#forget(); });
    // Zooming goes on meanwhile.
    this.#element.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.#canvas.dispatchEvent(new WheelEvent("wheel", event));
    }, { passive: false });
    this.show(false);
    parent.append(this.#element);
  }

  show(isShown: boolean): void {
    this.#element.toggleAttribute("hidden", !isShown);
    this.#element.style.display = isShown ? "" : "none";
    if (!isShown) this.#forget();
  }

  dispose(): void {
    this.#element.remove();
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0 || this.#pointer !== -1) return;
    this.#pointer = event.pointerId;
    this.#element.setPointerCapture(event.pointerId);
    this.#corners = [event.offsetX, event.offsetY];
    this.#draw();
  }

  #goOn(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const n = this.#corners.length;
    if (Math.hypot(event.offsetX - this.#corners[n - 2]!, event.offsetY - this.#corners[n - 1]!) < STEP_PX) return;
    this.#corners.push(event.offsetX, event.offsetY);
    this.#draw();
  }

  #end(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const line = Float32Array.from(this.#corners);
    this.#forget();
    const xs = line.filter((_, k) => k % 2 === 0);
    const ys = line.filter((_, k) => k % 2 === 1);
    const isSlip = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) < MIN_SIZE_PX;
    if (!isSlip) this.#onLine(line);
  }

  #forget(): void {
    this.#pointer = -1;
    this.#corners = [];
    this.#draw();
  }

  #draw(): void {
    this.#path.setAttribute("d", this.#corners.length < 4 ? "" : `M${this.#corners.join(" ")}Z`);
  }
}
