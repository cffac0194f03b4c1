import { clamp } from "./easing";

/** How long the galaxy takes to lie down or to rise. */
export const MORPH_MS = 1200;
/** Room for one picture, in its sides: t-SNE leaves most of its square empty, and more of it the fewer pictures there are. */
const ROOM = 2.4;
/** How far pictures lie apart in depth, in their sides: enough that where two overlap one is always the upper one. */
const SCATTER = 0.3;

/** The side of the flat layout's square in world units: as large as it takes for pictures to lie side by side. */
export function flatSide(nPoints: number, picture: number): number {
  return ROOM * picture * Math.sqrt(Math.max(1, nPoints));
}

/** The flat layout's square as the manifest has it. */
export interface Square {
  readonly origin: readonly [x: number, y: number];
  readonly extent: number;
}

/**
 * Writes where points lie when the galaxy is flat: in the plane z = 0 around the origin, but for a little scatter in depth that
 * depends on nothing but the point's number.
 *
 * @param flat - (n, 2) in the manifest's square
 * @param first - the number of the first of these points
 * @param side - what the square measures in world units
 * @param picture - side of a picture, world units
 * @param out - (nAll, 3); rows `first` to `first + n - 1` are written
 */
export function layFlat(flat: Float32Array, square: Square, first: number, side: number, picture: number, out: Float32Array): void {
  const scale = side / square.extent;
  const [middleX, middleY] = [square.origin[0] + square.extent / 2, square.origin[1] + square.extent / 2];
  for (let k = 0; 2 * k < flat.length; k += 1) {
    const i = 3 * (first + k);
    out[i] = (flat[2 * k]! - middleX) * scale;
    out[i + 1] = (flat[2 * k + 1]! - middleY) * scale;
    out[i + 2] = (scatterOf(first + k) - 0.5) * SCATTER * picture;
  }
}

/** A number from 0 to 1 for each point, the same every time (Knuth's multiplicative hash). */
function scatterOf(index: number): number {
  return (Math.imul(index + 1, 0x9e3779b1) >>> 0) / 2 ** 32;
}

/** Writes `out` = the share `s` of the way from one array to the other, for elements `start` to `end - 1`. */
export function mix(from: Float32Array, to: Float32Array, s: number, out: Float32Array, start = 0, end = out.length): void {
  for (let i = start; i < end; i += 1) out[i] = from[i]! + (to[i]! - from[i]!) * s;
}

/**
 * The distance that shows as much of the other layout as the present one shows of its own: the whole stays the whole, one
 * picture stays one picture, and between them goes the logarithm.
 *
 * @param near - the distance at which one looks at a single picture, alike in both
 * @param whole - the distance from which all is seen now
 * @param otherWhole - the same in the other layout
 */
export function mapDistance(distance: number, near: number, whole: number, otherWhole: number): number {
  const share = clamp(Math.log(distance / near) / Math.log(whole / near), 0, 1);
  return distance <= near ? distance : near * (otherWhole / near) ** share;
}
