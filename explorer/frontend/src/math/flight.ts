import { easeInOut } from "./easing";
import { cloneView, type View } from "./view";

/** A flight from one view to another. */
export interface FlightPath {
  readonly from: View;
  readonly to: View;
  /** How far the camera rises in the middle, as a share of log distance. */
  readonly rise: number;
  readonly durationMs: number;
}

const MIN_MS = 500;
const MAX_MS = 2200;

/** The nearest angle to `from` that points where `to` points. */
export function nearestAngle(from: number, to: number): number {
  const turn = 2 * Math.PI;
  return to + Math.round((from - to) / turn) * turn;
}

/**
 * Plans a flight: pivot and direction go straight, the distance goes evenly in its logarithm and rises in the middle when
 * the way is long against how near one is (after van Wijk and Nuij, "Smooth and efficient zooming and panning", 2003), so
 * that one sees where one is taken.
 */
export function planFlight(from: View, to: View): FlightPath {
  const way = Math.hypot(to.pivot[0] - from.pivot[0], to.pivot[1] - from.pivot[1], to.pivot[2] - from.pivot[2]);
  const reach = Math.max(from.distance, to.distance);
  const rise = Math.max(0, Math.log((0.6 * way + reach) / reach));
  const zoom = Math.abs(Math.log(to.distance / from.distance));
  const target = cloneView(to);
  target.yaw = nearestAngle(from.yaw, to.yaw);
  const turn = Math.hypot(target.yaw - from.yaw, target.pitch - from.pitch);
  const effort = Math.min(3, way / reach) + 0.7 * zoom + 0.5 * turn;
  return { from: cloneView(from), to: target, rise, durationMs: Math.min(MAX_MS, MIN_MS + 420 * effort) };
}

/** Writes the view at time `t` (0 to 1) of a flight. */
export function viewAt(path: FlightPath, t: number, out: View): View {
  const { from, to } = path;
  const s = easeInOut(t);
  for (let i = 0; i < 3; i += 1) out.pivot[i] = from.pivot[i]! + (to.pivot[i]! - from.pivot[i]!) * s;
  const log = Math.log(from.distance) + Math.log(to.distance / from.distance) * s;
  out.distance = Math.exp(log + path.rise * Math.sin(Math.PI * s) ** 2);
  out.yaw = from.yaw + (to.yaw - from.yaw) * s;
  out.pitch = from.pitch + (to.pitch - from.pitch) * s;
  return out;
}
