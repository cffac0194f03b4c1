import type { Axes, Vec3 } from "./view";

/** What holds nearly all points as one sees them from one side: "the whole galaxy" to the eye, strays not counted. */
export interface Bulk {
  readonly centre: Vec3;
  /** Half of the larger of width and height, seen from that side. */
  readonly halfSide: number;
}

const SAMPLE = 4096;

/** Measures along the camera's axes, from the 1st to the 99th percentile of at most 4,096 points. */
export function bulkOf(positions: Float32Array, axes: Axes): Bulk {
  const n = positions.length / 3;
  const centre: Vec3 = [0, 0, 0];
  if (n === 0) return { centre, halfSide: 0 };
  const step = Math.max(1, Math.floor(n / SAMPLE));
  let halfSide = 0;
  for (const axis of [axes.right, axes.up, axes.forward]) {
    const along: number[] = [];
    for (let i = 0; i < n; i += step) along.push(positions[3 * i]! * axis[0] + positions[3 * i + 1]! * axis[1] + positions[3 * i + 2]! * axis[2]);
    along.sort((a, b) => a - b);
    const low = along[Math.round(0.01 * (along.length - 1))]!;
    const high = along[Math.round(0.99 * (along.length - 1))]!;
    for (let i = 0; i < 3; i += 1) centre[i]! += ((low + high) / 2) * axis[i]!;
    if (axis !== axes.forward) halfSide = Math.max(halfSide, (high - low) / 2);
  }
  return { centre, halfSide };
}
