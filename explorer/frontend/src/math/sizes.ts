import { typicalSpacing } from "./blocks";
import { clamp, smoothstep } from "./easing";

/** Sizes that follow from how dense a galaxy is; world units unless named px (CSS px). */
export interface Sizes {
  /** Of the whole galaxy; never 0. */
  readonly radius: number;
  /** The longer side of every picture. */
  readonly picture: number;
  /** Radius of a point's disc, before a picture covers it. */
  readonly disc: number;
}

/** A point is never drawn smaller than this, so that the far side of a galaxy does not vanish. */
export const MIN_DISC_PX = 1.6;
/** A tile of 16 px starts to take its disc's place at this size on the screen … */
export const SMALL_FROM_PX = 5;
/** … and has taken it at this one. */
export const SMALL_TO_PX = 8;
/** A picture of its own, from a tile of 64 px, starts to show over the small one at this size … */
export const FADE_FROM_PX = 18;
/** … and is all there at this one. */
export const FADE_TO_PX = 26;
/** From this size a tile of 64 px looks soft, and the sharp rendition is asked for. */
export const SHARP_FROM_PX = 70;

/** What comes nearer than this, in shares of the canvas's smaller side, begins to give way, so that one can fly through … */
export const GIVE_WAY_FROM = 1;
/** … and is gone at this. */
export const GIVE_WAY_TO = 1.6;

/** How much of what is this large on the screen is left, 0 to 1. */
export function presence(px: number, smallerSidePx: number): number {
  return clamp((GIVE_WAY_TO - px / smallerSidePx) / (GIVE_WAY_TO - GIVE_WAY_FROM), 0, 1);
}

/** How far a picture of this size on the screen has come up over the point, 0 to 1. */
export function pictureAlpha(px: number): number {
  return smoothstep(FADE_FROM_PX, FADE_TO_PX, px);
}

/**
 * Pictures are almost as large as the usual way to the nearest neighbour, so that a neighbourhood fills the view without
 * piling up. The bounds, in shares of an even spread of n points in the ball, hold for piles and for loners.
 *
 * @param sample - (k, 3) positions of an even sample of the galaxy, in Morton order: the octree's root
 * @param n - of all points: a denser galaxy of the same shape has neighbours nearer by the cube root
 */
export function sizesOf(sample: Float32Array, boundsRadius: number, n: number): Sizes {
  const nSample = sample.length / 3;
  if (nSample <= 1 || boundsRadius <= 0) return { radius: 1, picture: 0.8, disc: 0.19 };
  const even = boundsRadius / Math.cbrt(n);
  const spacing = typicalSpacing(sample) * Math.cbrt(nSample / n);
  const picture = clamp(0.85 * spacing, 0.25 * even, 1.1 * even);
  return { radius: boundsRadius, picture, disc: 0.24 * picture };
}
