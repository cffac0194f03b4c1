import type { PerspectiveCamera } from "three";
import type { Projection } from "../math/project";
import type { Axes, Vec3, View } from "../math/view";

/** What every pass is told about the frame being drawn. One object, changed in place. */
export interface Frame {
  readonly camera: PerspectiveCamera;
  readonly projection: Projection;
  readonly view: View;
  readonly axes: Axes;
  readonly eye: Vec3;
  pixelRatio: number;
  /** Since the last frame, at most 100 ms: a page that slept must not leap. */
  elapsedMs: number;
  fogNear: number;
  fogFar: number;
  reducedMotion: boolean;
}
