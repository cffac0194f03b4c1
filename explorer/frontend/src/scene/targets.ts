import { clearApproach } from "../math/approach_angle";
import type { Insets } from "../store/state";
import type { Bulk } from "../math/bulk";
import type { Sizes } from "../math/sizes";
import { axesOf, emptyAxes, fitDistance, type Axes, type Vec3, type View } from "../math/view";

interface Canvas {
  readonly width: number;
  readonly height: number;
}

/** What a view is made from. */
export interface Ground {
  /** From where one looks now. */
  readonly now: View;
  /** Whether the galaxy lies flat: then one looks straight down. */
  readonly isFlat: boolean;
  /** (n, 3) */
  readonly positions: Float32Array;
  readonly isShown: (index: number) => boolean;
  readonly sizes: Sizes;
  readonly canvas: Canvas;
  readonly insets: Insets;
}

/** The share of the free area's smaller side that the picture flown to takes … */
const PICTURE_SHARE = 0.3;
/** … and that it takes where it is shown among its neighbours. */
const NEAR_SHARE = 0.11;
const HOME_YAW = 0.5;
const HOME_PITCH = -0.22;

function freeSide(canvas: Canvas, insets: Insets): number {
  return Math.max(120, Math.min(canvas.width - insets.left - insets.right, canvas.height - insets.bottom));
}

/** The camera's axes when the whole galaxy is looked at: always from the same side, so that people know it again. */
export function homeAxes(): Axes {
  return axesOf({ pivot: [0, 0, 0], distance: 1, yaw: HOME_YAW, pitch: HOME_PITCH }, emptyAxes());
}

/** The camera's axes above the plane. */
export function flatAxes(): Axes {
  return emptyAxes();
}

/** The whole galaxy, in the middle of what the panels leave free. */
export function homeView(bulk: Bulk, sizes: Sizes, canvas: Canvas, insets: Insets, isFlat: boolean): View {
  const radius = Math.max(bulk.halfSide + 0.5 * sizes.picture, sizes.picture);
  const distance = fitDistance(radius, freeSide(canvas, insets), canvas.height, 0.74);
  if (isFlat) return { pivot: [bulk.centre[0], bulk.centre[1], 0], distance, yaw: 0, pitch: 0 };
  return { pivot: [...bulk.centre], distance, yaw: HOME_YAW, pitch: HOME_PITCH };
}

/** A region, all of it, from where one is looking now. `balls`: (n, 4), centre and radius; `at`: which. */
export function viewOfBall(ground: Ground, balls: Float32Array, at: number): View {
  const { now, isFlat, sizes, canvas, insets } = ground;
  const radius = Math.max(balls[4 * at + 3]!, 1.5 * sizes.picture);
  const pivot: Vec3 = [balls[4 * at]!, balls[4 * at + 1]!, balls[4 * at + 2]!];
  const distance = fitDistance(radius, freeSide(canvas, insets), canvas.height, 0.85);
  return { pivot, distance, yaw: isFlat ? 0 : now.yaw, pitch: isFlat ? 0 : now.pitch };
}

/** One picture, large but with its neighbours around it, from a side that none of them hides. */
export function viewOfImage(ground: Ground, index: number): View {
  return viewOfPoint(ground, index, PICTURE_SHARE);
}

/** A neighbourhood: one picture in the middle, and those around it large enough to be seen. */
export function nearView(ground: Ground, index: number): View {
  return viewOfPoint(ground, index, NEAR_SHARE);
}

function viewOfPoint({ now, isFlat, positions, isShown, sizes, canvas, insets }: Ground, index: number, share: number): View {
  const pivot: Vec3 = [positions[3 * index]!, positions[3 * index + 1]!, isFlat ? 0 : positions[3 * index + 2]!];
  const distance = fitDistance(sizes.picture / 2, freeSide(canvas, insets), canvas.height, share);
  if (isFlat) return { pivot, distance, yaw: 0, pitch: 0 };
  return clearApproach({ pivot, distance, yaw: now.yaw, pitch: now.pitch }, positions, index, sizes.picture, isShown);
}
