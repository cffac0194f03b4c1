import { clamp } from "./easing";

export type Vec3 = [number, number, number];

/**
 * Where one looks from: a pivot that the camera circles, at a distance, from a direction. The horizon stays level, so
 * nobody gets lost upside down. Angles in radians; yaw 0, pitch 0 looks along -z.
 */
export interface View {
  pivot: Vec3;
  distance: number;
  yaw: number;
  pitch: number;
}

const MAX_PITCH = 1.5;
export const FIELD_OF_VIEW = (50 * Math.PI) / 180;

export function copyView(from: View, to: View): View {
  to.pivot[0] = from.pivot[0];
  to.pivot[1] = from.pivot[1];
  to.pivot[2] = from.pivot[2];
  to.distance = from.distance;
  to.yaw = from.yaw;
  to.pitch = from.pitch;
  return to;
}

export function cloneView(view: View): View {
  return { ...view, pivot: [...view.pivot] };
}

/** The unit axes of the camera in world space. */
export interface Axes {
  right: Vec3;
  up: Vec3;
  forward: Vec3;
}

export function emptyAxes(): Axes {
  return { right: [1, 0, 0], up: [0, 1, 0], forward: [0, 0, -1] };
}

export function axesOf(view: View, out: Axes): Axes {
  const cy = Math.cos(view.yaw);
  const sy = Math.sin(view.yaw);
  const cp = Math.cos(view.pitch);
  const sp = Math.sin(view.pitch);
  out.right[0] = cy;
  out.right[1] = 0;
  out.right[2] = -sy;
  out.forward[0] = -sy * cp;
  out.forward[1] = sp;
  out.forward[2] = -cy * cp;
  out.up[0] = sy * sp;
  out.up[1] = cp;
  out.up[2] = cy * sp;
  return out;
}

/** Where the camera stands. */
export function eyeOf(view: View, axes: Axes, out: Vec3): Vec3 {
  for (let i = 0; i < 3; i += 1) out[i] = view.pivot[i]! - axes.forward[i]! * view.distance;
  return out;
}

/** Turns around the pivot. */
export function orbit(view: View, dYaw: number, dPitch: number): void {
  view.yaw += dYaw;
  view.pitch = clamp(view.pitch + dPitch, -MAX_PITCH, MAX_PITCH);
}

/** Moves pivot and camera along the camera's axes, in world units. */
export function shift(view: View, axes: Axes, right: number, up: number, forward: number): void {
  for (let i = 0; i < 3; i += 1) {
    view.pivot[i]! += axes.right[i]! * right + axes.up[i]! * up + axes.forward[i]! * forward;
  }
}

/**
 * Scales the way to an anchor by a factor (under 1: nearer), so that the anchor stays under the pointer. Nearer than
 * `minDistance` the pivot is pushed on instead: one goes through the galaxy, not up to a wall.
 */
export function zoomTowards(view: View, axes: Axes, anchor: Vec3, factor: number, minDistance: number, maxDistance: number): void {
  const limited = Math.min(factor, maxDistance / view.distance);
  const eye: Vec3 = [0, 0, 0];
  eyeOf(view, axes, eye);
  for (let i = 0; i < 3; i += 1) eye[i] = anchor[i]! + (eye[i]! - anchor[i]!) * limited;
  view.distance = clamp(view.distance * limited, minDistance, maxDistance);
  for (let i = 0; i < 3; i += 1) view.pivot[i] = eye[i]! + axes.forward[i]! * view.distance;
}

/** The distance from which a ball fills `share` of the smaller side of a free area of the window. */
export function fitDistance(radius: number, freeSide: number, height: number, share = 0.9): number {
  const halfAngle = Math.atan(Math.tan(FIELD_OF_VIEW / 2) * (freeSide / height) * share);
  return radius / Math.sin(halfAngle);
}
