/** A position on the page. Depth is the distance along the view direction, positive in front of the camera. */
export interface ScreenPoint {
  /** CSS px from the left of the canvas. */
  x: number;
  /** CSS px from its top. */
  y: number;
  depth: number;
  /** CSS px that one world unit takes there. */
  scale: number;
}

/** What turns a world position into a place on the canvas. */
export interface Projection {
  /** 16 numbers, column-major: projection × view, as three.js keeps them. */
  readonly matrix: Float64Array;
  width: number;
  height: number;
  /** CSS px of one world unit at depth 1: height / (2 tan(fov / 2)). */
  focal: number;
}

export function emptyProjection(): Projection {
  return { matrix: new Float64Array(16), width: 1, height: 1, focal: 1 };
}

/** Projects a world position. Returns false, with only depth written, for what lies behind the camera. */
export function project(p: Projection, x: number, y: number, z: number, out: ScreenPoint): boolean {
  const m = p.matrix;
  const w = m[3]! * x + m[7]! * y + m[11]! * z + m[15]!;
  out.depth = w;
  if (w <= 1e-9) return false;
  out.x = ((m[0]! * x + m[4]! * y + m[8]! * z + m[12]!) / w + 1) * 0.5 * p.width;
  out.y = (1 - (m[1]! * x + m[5]! * y + m[9]! * z + m[13]!) / w) * 0.5 * p.height;
  out.scale = p.focal / w;
  return true;
}
