import { approach, clamp } from "../math/easing";
import { planFlight, viewAt, type FlightPath } from "../math/flight";
import { axesOf, cloneView, copyView, emptyAxes, orbit, shift, zoomTowards, type Vec3, type View } from "../math/view";

/** What keeps the camera going, each with its own inertia. */
const GLIDE_HALF_LIFE_MS = 110;
const ZOOM_HALF_LIFE_MS = 60;
const FLY_HALF_LIFE_MS = 90;
/** Distances to the pivot flown in a second, and how many times that with Shift. */
const FLY_SPEED = 0.85;
const HURRY = 3;
/** Slower than this, in shares of the distance to the pivot a millisecond, a shift stands still. */
const STILL = 1e-5;

/** Moves the view: by hand with inertia, by held keys, and along planned flights. Knows no events and draws nothing. */
export class Navigator {
  readonly view: View;
  reducedMotion = false;
  /** Whether one looks straight down on a plane: no turning, and nearer is the only forward. */
  isFlat = false;
  /** Radians a second by which the view turns by itself. */
  drift = 0;
  readonly #axes = emptyAxes();
  readonly #minDistance: number;
  #maxDistance: number;
  #flight: FlightPath | null = null;
  #flightMs = 0;
  #yawSpeed = 0;
  #pitchSpeed = 0;
  /** Of a shift let go of: along right and up, world units a millisecond. */
  #rightSpeed = 0;
  #upSpeed = 0;
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

  /** How far off one may go; another layout may be larger. */
  setMaxDistance(distance: number): void {
    this.#maxDistance = distance;
  }

  /** Flies, or is there at once for those who want no motion. `pace`: how many times as long it takes as usual. */
  flyTo(target: View, pace = 1): void {
    const path = planFlight(this.view, target);
    this.flyAlong({ ...path, durationMs: pace * path.durationMs });
  }

  /** Flies a planned way, or is at its end at once for those who want no motion. */
  flyAlong(path: FlightPath): void {
    this.stop();
    this.#flight = path;
    this.#flightMs = this.reducedMotion ? path.durationMs : 0;
  }

  /** Is there at once. */
  jumpTo(target: View): void {
    this.stop();
    copyView(target, this.view);
  }

  /** Turns by radians while a pointer drags. */
  turn(dYaw: number, dPitch: number): void {
    this.#flight = null;
    if (!this.isFlat) orbit(this.view, dYaw, dPitch);
  }

  /** Lets go of a drag at a speed in radians a millisecond. */
  release(yawSpeed: number, pitchSpeed: number): void {
    if (this.reducedMotion || this.isFlat) return;
    this.#yawSpeed = clamp(yawSpeed, -0.006, 0.006);
    this.#pitchSpeed = clamp(pitchSpeed, -0.006, 0.006);
  }

  /** Moves the pivot in world units along the camera's right and up. */
  pan(right: number, up: number): void {
    this.#flight = null;
    shift(this.view, axesOf(this.view, this.#axes), right, up, 0);
  }

  /** Lets go of a shift at a speed in world units a millisecond. */
  releasePan(rightSpeed: number, upSpeed: number): void {
    if (this.reducedMotion) return;
    const fastest = 0.004 * this.view.distance;
    this.#rightSpeed = clamp(rightSpeed, -fastest, fastest);
    this.#upSpeed = clamp(upSpeed, -fastest, fastest);
  }

  /** Zooms by a factor (under 1: nearer) towards a place, which stays under the pointer. */
  zoom(factor: number, anchor: Readonly<Vec3>, atOnce = false): void {
    this.#flight = null;
    for (let i = 0; i < 3; i += 1) this.#zoomAnchor[i] = anchor[i]!;
    this.#zoomLeft = clamp(this.#zoomLeft + Math.log(factor), -2.5, 2.5);
    if (atOnce || this.reducedMotion) this.#zoomStep(1);
  }

  /** Sets which way held keys push: right, up, forward, each -1 to 1. On the plane, forward keys go up, and up goes nearer. */
  push(right: number, up: number, forward: number, hurries = false): void {
    if (right !== 0 || up !== 0 || forward !== 0) this.#flight = null;
    const speed = hurries ? HURRY : 1;
    this.#push[0] = right * speed;
    this.#push[1] = (this.isFlat ? forward : up) * speed;
    this.#push[2] = (this.isFlat ? up : forward) * speed;
  }

  /** Stands still. */
  stop(): void {
    this.#flight = null;
    this.#yawSpeed = this.#pitchSpeed = this.#rightSpeed = this.#upSpeed = this.#zoomLeft = 0;
    this.#speed.fill(0);
  }

  /** Holds the glide when a finger comes down. */
  hold(): void {
    this.#yawSpeed = this.#pitchSpeed = this.#rightSpeed = this.#upSpeed = 0;
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
    const glides = this.#glide(elapsedMs) || this.#slide(elapsedMs);
    const drifts = this.drift !== 0 && !this.isFlat && !this.reducedMotion;
    // A flight turns as it was planned; what it ends with is where the drift goes on.
    if (drifts && this.#flight === null) orbit(this.view, (this.drift * elapsedMs) / 1000, 0);
    const zooms = this.#zoomLeft !== 0 && this.#zoomStep(approach(elapsedMs, ZOOM_HALF_LIFE_MS));
    const flies = this.#fly(elapsedMs);
    return this.#flight !== null || glides || drifts || zooms || flies;
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

  #slide(elapsedMs: number): boolean {
    if (this.#rightSpeed === 0 && this.#upSpeed === 0) return false;
    shift(this.view, axesOf(this.view, this.#axes), this.#rightSpeed * elapsedMs, this.#upSpeed * elapsedMs, 0);
    const keep = 1 - approach(elapsedMs, GLIDE_HALF_LIFE_MS);
    this.#rightSpeed *= keep;
    this.#upSpeed *= keep;
    if (Math.hypot(this.#rightSpeed, this.#upSpeed) < STILL * this.view.distance) this.#rightSpeed = this.#upSpeed = 0;
    return this.#rightSpeed !== 0 || this.#upSpeed !== 0;
  }

  #zoomStep(share: number): boolean {
    const last = Math.abs(this.#zoomLeft) < 0.002 || share === 1;
    const part = last ? this.#zoomLeft : this.#zoomLeft * share;
    this.#zoomLeft = last ? 0 : this.#zoomLeft - part;
    // One goes through a galaxy in space, and down to a plane.
    const factor = this.isFlat ? Math.max(Math.exp(part), this.#minDistance / this.view.distance) : Math.exp(part);
    zoomTowards(this.view, axesOf(this.view, this.#axes), this.#zoomAnchor, factor, this.#minDistance, this.#maxDistance);
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
    shift(this.view, axesOf(this.view, this.#axes), this.#speed[0] * step, this.#speed[1] * step, this.isFlat ? 0 : this.#speed[2] * step);
    if (this.isFlat) this.view.distance = clamp(this.view.distance - this.#speed[2] * step, this.#minDistance, this.#maxDistance);
    return true;
  }
}
