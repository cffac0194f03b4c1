import type { Manifest } from "../api/wire";
import { clearApproach } from "../math/approach_angle";
import type { Insets } from "../store/state";
import type { Bulk } from "../math/bulk";
import type { Sizes } from "../math/sizes";
import { axesOf, emptyAxes, fitDistance, type Axes, type Vec3, type View } from "../math/view";

interface Canvas {
  readonly width: number;
  readonly height: number;
}

/** The share of the free area's smaller side that the picture flown to takes. */
const PICTURE_SHARE = 0.3;
const HOME_YAW = 0.5;
const HOME_PITCH = -0.22;

function freeSide(canvas: Canvas, insets: Insets): number {
  return Math.max(120, Math.min(canvas.width - insets.left - insets.right, canvas.height - insets.bottom));
}

/** The camera's axes when the whole galaxy is looked at: always from the same side, so that people know it again. */
export function homeAxes(): Axes {
  return axesOf({ pivot: [0, 0, 0], distance: 1, yaw: HOME_YAW, pitch: HOME_PITCH }, emptyAxes());
}

/** The whole galaxy, in the middle of what the panels leave free. */
export function homeView(bulk: Bulk, sizes: Sizes, canvas: Canvas, insets: Insets): View {
  const radius = Math.max(bulk.halfSide + 0.5 * sizes.picture, sizes.picture);
  return { pivot: [...bulk.centre], distance: fitDistance(radius, freeSide(canvas, insets), canvas.height, 0.74), yaw: HOME_YAW, pitch: HOME_PITCH };
}

/** A cluster, all of it, from where one is looking now. */
export function viewOfCluster(now: View, manifest: Manifest, index: number, sizes: Sizes, canvas: Canvas, insets: Insets): View {
  const cluster = manifest.clusters.find((one) => one.index === index);
  if (cluster === undefined) return now;
  const radius = Math.max(cluster.radius, 1.5 * sizes.picture);
  return { pivot: [...cluster.centroid], distance: fitDistance(radius, freeSide(canvas, insets), canvas.height, 0.85), yaw: now.yaw, pitch: now.pitch };
}

/** One picture, large but with its neighbours around it, from a side that none of them hides. */
export function viewOfImage(now: View, positions: Float32Array, index: number, sizes: Sizes, canvas: Canvas, insets: Insets): View {
  const pivot: Vec3 = [positions[3 * index]!, positions[3 * index + 1]!, positions[3 * index + 2]!];
  const distance = fitDistance(sizes.picture / 2, freeSide(canvas, insets), canvas.height, PICTURE_SHARE);
  return clearApproach({ pivot, distance, yaw: now.yaw, pitch: now.pitch }, positions, index, sizes.picture);
}
