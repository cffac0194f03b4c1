import { PerspectiveCamera } from "three";
import type { Insets } from "../store/state";
import { approach } from "../math/easing";
import { emptyProjection } from "../math/project";
import { axesOf, cloneView, emptyAxes, eyeOf, FIELD_OF_VIEW, type View } from "../math/view";
import type { Frame } from "./frame";

const SHIFT_HALF_LIFE_MS = 90;

/** Turns a view and a canvas into the camera and the frame that the passes draw. */
export class CameraRig {
  readonly frame: Frame;
  /** The share of the way to the flat layout, 0 to 1: on a plane seen from above nothing is farther than the rest, and fog would only dim it. */
  flatness = 0;
  readonly #radius: number;
  readonly #picture: number;
  /** How far the middle of the view lies from the middle of the canvas, CSS px; eases to its target. */
  #shiftX = 0;
  #shiftY = 0;
  #targetX = 0;
  #targetY = 0;

  constructor(view: View, radius: number, picture: number) {
    this.#radius = radius;
    this.#picture = picture;
    this.frame = {
      camera: new PerspectiveCamera((FIELD_OF_VIEW * 180) / Math.PI, 1, 0.1, 100),
      projection: emptyProjection(),
      view: cloneView(view),
      axes: emptyAxes(),
      eye: [0, 0, 0],
      pixelRatio: 1,
      elapsedMs: 0,
      fogNear: 0,
      fogFar: 1,
      reducedMotion: false,
    };
  }

  resize(width: number, height: number, pixelRatio: number): void {
    const { projection } = this.frame;
    projection.width = width;
    projection.height = height;
    projection.focal = height / (2 * Math.tan(FIELD_OF_VIEW / 2));
    this.frame.pixelRatio = pixelRatio;
  }

  /** Keeps the middle of the view in the middle of what the panels leave free. */
  setInsets(insets: Insets, atOnce: boolean): void {
    this.#targetX = (insets.left - insets.right) / 2;
    this.#targetY = -insets.bottom / 2;
    if (!atOnce) return;
    this.#shiftX = this.#targetX;
    this.#shiftY = this.#targetY;
  }

  /** Where the middle of the view lies on the canvas, CSS px. */
  get middle(): { x: number; y: number } {
    const { width, height } = this.frame.projection;
    return { x: width / 2 + this.#targetX, y: height / 2 + this.#targetY };
  }

  /** Makes the frame of a view. Returns whether the shift is still easing. */
  update(view: View, elapsedMs: number): boolean {
    const { frame } = this;
    const { camera, projection } = frame;
    frame.elapsedMs = elapsedMs;
    Object.assign(frame.view, { distance: view.distance, yaw: view.yaw, pitch: view.pitch });
    for (let i = 0; i < 3; i += 1) frame.view.pivot[i] = view.pivot[i]!;
    axesOf(view, frame.axes);
    eyeOf(view, frame.axes, frame.eye);
    const easing = this.#ease(elapsedMs);

    camera.aspect = projection.width / projection.height;
    camera.near = this.#picture * 0.05;
    camera.far = Math.hypot(...frame.eye) + 3 * this.#radius + view.distance;
    camera.setViewOffset(projection.width, projection.height, -this.#shiftX, -this.#shiftY, projection.width, projection.height);
    camera.rotation.set(view.pitch, view.yaw, 0, "YXZ");
    camera.position.set(frame.eye[0], frame.eye[1], frame.eye[2]);
    camera.updateMatrixWorld();
    multiply(camera.projectionMatrix.elements, camera.matrixWorldInverse.elements, projection.matrix);
    frame.fogNear = (0.75 + this.flatness) * view.distance;
    frame.fogFar = frame.fogNear + 2.2 * this.#radius;
    return easing;
  }

  #ease(elapsedMs: number): boolean {
    const share = this.frame.reducedMotion ? 1 : approach(elapsedMs, SHIFT_HALF_LIFE_MS);
    this.#shiftX += (this.#targetX - this.#shiftX) * share;
    this.#shiftY += (this.#targetY - this.#shiftY) * share;
    const left = Math.hypot(this.#targetX - this.#shiftX, this.#targetY - this.#shiftY);
    if (left > 0.25) return true;
    this.#shiftX = this.#targetX;
    this.#shiftY = this.#targetY;
    return false;
  }
}

/** out = a × b, column-major. */
function multiply(a: ArrayLike<number>, b: ArrayLike<number>, out: Float64Array): void {
  for (let c = 0; c < 4; c += 1) {
    for (let r = 0; r < 4; r += 1) {
      out[4 * c + r] = a[r]! * b[4 * c]! + a[r + 4]! * b[4 * c + 1]! + a[r + 8]! * b[4 * c + 2]! + a[r + 12]! * b[4 * c + 3]!;
    }
  }
}
