/** A name that wants a place: a box around a centre, in CSS px. */
export interface LabelBox {
  x: number;
  y: number;
  halfWidth: number;
  halfHeight: number;
  /** Higher goes first. */
  priority: number;
  /** Set by `placeLabels`. */
  placed: boolean;
}

/** A rectangle that names keep out of. */
export interface Obstacle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Names already shown are worth this much more, so that two rivals do not flicker while the camera turns. */
export const STAY_BONUS = 1.3;

/**
 * Decides which names are shown: the most important first, and none that would overlap one already placed or an obstacle.
 *
 * @param order - scratch of the same length as `boxes`, indices of the boxes; it is sorted in place
 * @param gap - px to keep between names
 */
export function placeLabels(boxes: readonly LabelBox[], order: number[], obstacles: readonly Obstacle[], gap = 6): void {
  order.sort((a, b) => boxes[b]!.priority - boxes[a]!.priority);
  for (const box of boxes) box.placed = false;
  for (const index of order) {
    const box = boxes[index]!;
    if (box.priority <= 0) continue;
    box.placed = isFree(box, boxes, obstacles, gap);
  }
}

function isFree(box: LabelBox, boxes: readonly LabelBox[], obstacles: readonly Obstacle[], gap: number): boolean {
  for (const other of boxes) {
    if (!other.placed) continue;
    const apartX = Math.abs(box.x - other.x) >= box.halfWidth + other.halfWidth + gap;
    const apartY = Math.abs(box.y - other.y) >= box.halfHeight + other.halfHeight + gap;
    if (!apartX && !apartY) return false;
  }
  for (const o of obstacles) {
    const apartX = box.x + box.halfWidth <= o.x0 || box.x - box.halfWidth >= o.x1;
    const apartY = box.y + box.halfHeight <= o.y0 || box.y - box.halfHeight >= o.y1;
    if (!apartX && !apartY) return false;
  }
  return true;
}
