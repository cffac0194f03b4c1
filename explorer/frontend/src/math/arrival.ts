import { easeInOut } from "./easing";

/** How long a newcomer flies, and over how long their starts are spread. */
const FLIGHT_MS = 1000;
const SPREAD_MS = 500;
/** From how far outside they come, in radii of the galaxy, and how far round they swing, in radians. */
const REACH = 2.4;
const SWING = 0.7;

/**
 * The nodes in which newcomers may lie: trees beside the octree, whose root is the first node. Where the octree was made afresh, in a larger cube,
 * there is no such tree, and they may lie in any node; then only a galaxy of one node is looked through. Parents come before children.
 */
export function listYoung(nodes: readonly { readonly parent: number }[]): number[] {
  if (nodes.length === 1) return [0];
  const isYoung: boolean[] = [];
  nodes.forEach(({ parent }, k) => isYoung.push(parent < 0 ? k > 0 : isYoung[parent]!));
  return isYoung.flatMap((young, k) => (young ? [k] : []));
}

/**
 * Writes where newcomers are after a while: they come in from outside the galaxy, one after the other, swinging into place.
 *
 * @param points - their numbers
 * @param targets - (points.length, 3): where they belong
 * @param out - (nAll, 3); only their rows are written
 * @returns whether some are still on their way
 */
export function bringIn(points: Uint32Array, targets: Float32Array, radius: number, elapsedMs: number, out: Float32Array): boolean {
  for (let k = 0; k < points.length; k += 1) {
    const delay = points.length === 1 ? 0 : (SPREAD_MS * k) / (points.length - 1);
    const left = 1 - easeInOut((elapsedMs - delay) / FLIGHT_MS);
    const [x, y, z] = [targets[3 * k]!, targets[3 * k + 1]!, targets[3 * k + 2]!];
    const grown = 1 + (left * REACH * radius) / Math.max(Math.hypot(x, y, z), 0.1 * radius);
    const cos = Math.cos(left * SWING);
    const sin = Math.sin(left * SWING);
    const i = 3 * points[k]!;
    out[i] = (x * cos + z * sin) * grown;
    out[i + 1] = y * grown;
    out[i + 2] = (z * cos - x * sin) * grown;
  }
  return elapsedMs < SPREAD_MS + FLIGHT_MS;
}
