import { approach, clamp } from "../math/easing";
import { planFlight, viewAt, type FlightPath } from "../math/flight";
import { axesOf, cloneView, emptyAxes, orbit, shift, zoomTowards, type Vec3, type View } from "../math/view";

/** What keeps the camera going, each with its own inertia. */
const GLIDE_HALF_LIFE_MS = 110;
const ZOOM_HALF_LIFE_MS = 60;
const FLY_HALF_LIFE_MS = 90;
/** Distances to the pivot flown in a second. */
const FLY_SPEED = 0.85;

/** Moves the view: by hand with inertia, by held keys, and along planned flights. Knows no events and draws nothing. */
export class Navigator {
  readonly view: View;
  reducedMotion = false;
  readonly #axes = emptyAxes();
  readonly #minDistance: number;
  readonly #maxDistance: number;
  #flight: FlightPath | null = null;
  #flightMs = 0;
  #yawSpeed = 0;
  #pitchSpeed = 0;
  #zoomLeft = 0;
  readonly #zoomAnchor: Vec3 = [0, 0, 0];
  /** Wanted and present speed along right, up, forward, in shares of FLY_SPEED. */
  readonly #push: Vec3 = [0, 0, 0];
  readonly #speed: Vec3 = [0, 0, 0];

  constructor(view: View, minDistance: number, maxDistance: number) {
    this.view = cloneView(view);
    this.#minDistance = minDistance;
    this.#maxDistance = maxDistance;
  }

  /** Flies, or is there at once for those who want no motion. */
  flyTo(target: View): void {
    this.stop();
    this.#flight = planFlight(this.view, target);
    this.#flightMs = this.reducedMotion ? this.#flight.durationMs : 0;
  }

  /** Turns by radians while a pointer drags. */
  turn(dYaw: number, dPitch: number): void {
    this.#flight = null;
    orbit(this.view, dYaw, dPitch);
  }

  /** Lets go of a drag at a speed in radians a millisecond. */
  release(yawSpeed: number, pitchSpeed: number): void {
    if (this.reducedMotion) return;
    this.#yawSpeed = clamp(yawSpeed, -0.006, 0.006);
    this.#pitchSpeed = clamp(pitchSpeed, -0.006, 0.006);
  }

  /** Moves the pivot in world units along the camera's right and up. */
  pan(right: number, up: number): void {
    this.#flight = null;
    shift(this.view, axesOf(this.view, this.#axes), right, up, 0);
  }

  /** Zooms by a factor (under 1: nearer) towards a place, which stays under the pointer. */
  zoom(factor: number, anchor: Readonly<Vec3>, atOnce = false): void {
    this.#flight = null;
    for (let i = 0; i < 3; i += 1) this.#zoomAnchor[i] = anchor[i]!;
    this.#zoomLeft = clamp(this.#zoomLeft + Math.log(factor), -2.5, 2.5);
    if (atOnce || this.reducedMotion) this.#zoomStep(1);
  }

  /** Sets which way held keys push: right, up, forward, each -1 to 1. */
  push(right: number, up: number, forward: number): void {
    if (right !== 0 || up !== 0 || forward !== 0) this.#flight = null;
    this.#push[0] = right;
    this.#push[1] = up;
    this.#push[2] = forward;
  }

  /** Stands still. */
  stop(): void {
    this.#flight = null;
    this.#yawSpeed = this.#pitchSpeed = this.#zoomLeft = 0;
    this.#speed.fill(0);
  }

  /** Holds the glide when a finger comes down. */
  hold(): void {
    this.#yawSpeed = this.#pitchSpeed = 0;
  }

  get isFlying(): boolean {
    return this.#flight !== null;
  }

  /** Moves on by some milliseconds. Returns whether it is still moving. */
  step(elapsedMs: number): boolean {
    if (this.#flight !== null) {
      this.#flightMs += elapsedMs;
      const t = Math.min(1, this.#flightMs / this.#flight.durationMs);
      viewAt(this.#flight, t, this.view);
      if (t >= 1) this.#flight = null;
    }
    const glides = this.#glide(elapsedMs);
    const zooms = this.#zoomLeft !== 0 && this.#zoomStep(approach(elapsedMs, ZOOM_HALF_LIFE_MS));
    const flies = this.#fly(elapsedMs);
    return this.#flight !== null || glides || zooms || flies;
  }

  #glide(elapsedMs: number): boolean {
    if (this.#yawSpeed === 0 && this.#pitchSpeed === 0) return false;
    orbit(this.view, this.#yawSpeed * elapsedMs, this.#pitchSpeed * elapsedMs);
    const keep = 1 - approach(elapsedMs, GLIDE_HALF_LIFE_MS);
    this.#yawSpeed *= keep;
    this.#pitchSpeed *= keep;
    if (Math.hypot(this.#yawSpeed, this.#pitchSpeed) < 1.5e-5) this.#yawSpeed = this.#pitchSpeed = 0;
    return this.#yawSpeed !== 0 || this.#pitchSpeed !== 0;
  }

  #zoomStep(share: number): boolean {
    const last = Math.abs(this.#zoomLeft) < 0.002 || share === 1;
    const part = last ? this.#zoomLeft : this.#zoomLeft * share;
    this.#zoomLeft = last ? 0 : this.#zoomLeft - part;
    zoomTowards(this.view, axesOf(this.view, this.#axes), this.#zoomAnchor, Math.exp(part), this.#minDistance, this.#maxDistance);
    return !last;
  }

  #fly(elapsedMs: number): boolean {
    const share = approach(elapsedMs, this.reducedMotion ? 0 : FLY_HALF_LIFE_MS);
    let fastest = 0;
    for (let i = 0; i < 3; i += 1) {
      this.#speed[i]! += (this.#push[i]! - this.#speed[i]!) * share;
      fastest = Math.max(fastest, Math.abs(this.#speed[i]!));
    }
    if (fastest < 0.01) {
      this.#speed.fill(0);
      return false;
    }
    const step = (FLY_SPEED * this.view.distance * elapsedMs) / 1000;
    shift(this.view, axesOf(this.view, this.#axes), this.#speed[0] * step, this.#speed[1] * step, this.#speed[2] * step);
    return true;
  }
}
