import type { Vec3 } from "../math/view";
import type { Navigator } from "./navigator";

/** What the pointer does that is not moving the view. Places in CSS px from the canvas's upper left. */
export interface PointerListener {
  /** The view changed, or may go on changing. */
  onMove(): void;
  onHover(x: number, y: number): void;
  onLeave(): void;
  onClick(x: number, y: number): void;
  onDoubleClick(x: number, y: number): void;
  /** The place in space that lies under a place on the canvas. */
  anchorAt(x: number, y: number): Vec3;
  /** Whether a plain drag shifts, as it does on a plane, where there is nothing to turn around. */
  dragsShift(): boolean;
  /** World units that a CSS px takes at the pivot. */
  worldPerPx(): number;
}

const CLICK_SLOP_PX = 5;
const TURN_PER_HEIGHT = 2.6;
const WHEEL_ZOOM = 0.0016;
/** A pause this long before letting go means: stop here. */
const GLIDE_MAX_PAUSE_MS = 60;

interface Finger {
  x: number;
  y: number;
}

/** Mouse, pen and touch on the canvas: drag turns, right or Shift drag shifts, wheel zooms to the cursor, two fingers shift and pinch. */
export class PointerControls {
  readonly #canvas: HTMLElement;
  readonly #navigator: Navigator;
  readonly #listener: PointerListener;
  readonly #abort = new AbortController();
  readonly #fingers = new Map<number, Finger>();
  #startX = 0;
  #startY = 0;
  #isClick = false;
  #pans = false;
  #yawSpeed = 0;
  #pitchSpeed = 0;
  #rightSpeed = 0;
  #upSpeed = 0;
  #lastMs = 0;

  constructor(canvas: HTMLElement, navigator: Navigator, listener: PointerListener) {
    this.#canvas = canvas;
    this.#navigator = navigator;
    this.#listener = listener;
    const options = { signal: this.#abort.signal };
    canvas.addEventListener("pointerdown", (event) => { this.#onDown(event); }, options);
    canvas.addEventListener("pointermove", (event) => { this.#onMove(event); }, options);
    canvas.addEventListener("pointerup", (event) => { this.#onUp(event, true); }, options);
    canvas.addEventListener("pointercancel", (event) => { this.#onUp(event, false); }, options);
    canvas.addEventListener("pointerleave", () => { listener.onLeave(); }, options);
    canvas.addEventListener("dblclick", (event) => { listener.onDoubleClick(event.offsetX, event.offsetY); }, options);
    canvas.addEventListener("contextmenu", (event) => { event.preventDefault(); }, options);
    canvas.addEventListener("wheel", (event) => { this.#onWheel(event); }, { ...options, passive: false });
  }

  dispose(): void {
    this.#abort.abort();
  }

  #onDown(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#navigator.hold();
    this.#fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.#isClick = this.#fingers.size === 1 && event.button === 0;
    this.#pans = event.button !== 0 || event.shiftKey || this.#listener.dragsShift();
    this.#startX = event.offsetX;
    this.#startY = event.offsetY;
    this.#forgetSpeed();
    this.#lastMs = event.timeStamp;
  }

  #onMove(event: PointerEvent): void {
    const finger = this.#fingers.get(event.pointerId);
    if (finger === undefined) {
      if (event.pointerType !== "touch") this.#listener.onHover(event.offsetX, event.offsetY);
      return;
    }
    const dx = event.offsetX - finger.x;
    const dy = event.offsetY - finger.y;
    if (this.#isClick && Math.hypot(event.offsetX - this.#startX, event.offsetY - this.#startY) <= CLICK_SLOP_PX) return;
    if (this.#isClick) this.#listener.onLeave();
    this.#isClick = false;
    if (this.#fingers.size >= 2) this.#pinch(event.pointerId, finger, dx, dy);
    else if (this.#pans) this.#drag(dx, dy, event.timeStamp);
    else this.#turn(dx, dy, event.timeStamp);
    finger.x = event.offsetX;
    finger.y = event.offsetY;
    this.#listener.onMove();
  }

  #onUp(event: PointerEvent, wanted: boolean): void {
    if (!this.#fingers.delete(event.pointerId)) return;
    if (this.#isClick && wanted) {
      this.#listener.onClick(event.offsetX, event.offsetY);
    } else if (this.#fingers.size === 0 && event.timeStamp - this.#lastMs < GLIDE_MAX_PAUSE_MS) {
      this.#navigator.release(this.#yawSpeed, this.#pitchSpeed);
      this.#navigator.releasePan(this.#rightSpeed, this.#upSpeed);
      this.#listener.onMove();
    }
    this.#isClick = false;
    // The finger that stays must not be taken for a drag that began here.
    this.#forgetSpeed();
  }

  #forgetSpeed(): void {
    this.#yawSpeed = this.#pitchSpeed = this.#rightSpeed = this.#upSpeed = 0;
  }

  #turn(dx: number, dy: number, timeMs: number): void {
    const perPx = TURN_PER_HEIGHT / Math.max(400, this.#canvas.clientHeight);
    this.#navigator.turn(-dx * perPx, -dy * perPx);
    const elapsedMs = Math.max(1, timeMs - this.#lastMs);
    this.#yawSpeed = 0.6 * this.#yawSpeed + (0.4 * -dx * perPx) / elapsedMs;
    this.#pitchSpeed = 0.6 * this.#pitchSpeed + (0.4 * -dy * perPx) / elapsedMs;
    this.#lastMs = timeMs;
  }

  #drag(dx: number, dy: number, timeMs: number): void {
    this.#pan(dx, dy);
    const unit = this.#listener.worldPerPx();
    const elapsedMs = Math.max(1, timeMs - this.#lastMs);
    this.#rightSpeed = 0.6 * this.#rightSpeed + (0.4 * -dx * unit) / elapsedMs;
    this.#upSpeed = 0.6 * this.#upSpeed + (0.4 * dy * unit) / elapsedMs;
    this.#lastMs = timeMs;
  }

  #pan(dx: number, dy: number): void {
    const unit = this.#listener.worldPerPx();
    this.#navigator.pan(-dx * unit, dy * unit);
  }

  #pinch(movedId: number, moved: Finger, dx: number, dy: number): void {
    let other: Finger | undefined;
    for (const [id, finger] of this.#fingers) if (id !== movedId) other = finger;
    if (other === undefined) return;
    const before = Math.hypot(moved.x - other.x, moved.y - other.y);
    const after = Math.hypot(moved.x + dx - other.x, moved.y + dy - other.y);
    this.#pan(dx / 2, dy / 2);
    if (before < 1 || after < 1) return;
    this.#navigator.zoom(before / after, this.#listener.anchorAt((moved.x + other.x) / 2, (moved.y + other.y) / 2), true);
  }

  #onWheel(event: WheelEvent): void {
    event.preventDefault();
    // Lines and pages to pixels; a pinch on a touchpad comes as a wheel with Ctrl and in small steps.
    const unit = event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 400 : 1;
    const delta = Math.max(-240, Math.min(240, event.deltaY * unit)) * (event.ctrlKey ? 6 : 1);
    this.#navigator.zoom(Math.exp(delta * WHEEL_ZOOM), this.#listener.anchorAt(event.offsetX, event.offsetY));
    this.#listener.onMove();
  }
}
