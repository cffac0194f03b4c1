/**
 * The numbers of the points nearest to a place, nearest first.
 *
 * @param positions - (n, 3)
 * @param accepts - which points count
 * @param limit - at most so many, a handful: they are kept sorted by hand
 */
export function nearestTo(positions: Float32Array, place: readonly [number, number, number], accepts: (index: number) => boolean, limit: number): number[] {
  const found: number[] = [];
  const ways: number[] = [];
  const [x, y, z] = place;
  for (let i = 0; 3 * i < positions.length; i += 1) {
    const way = (positions[3 * i]! - x) ** 2 + (positions[3 * i + 1]! - y) ** 2 + (positions[3 * i + 2]! - z) ** 2;
    if (found.length === limit && way >= ways[limit - 1]!) continue;
    if (!accepts(i)) continue;
    let at = found.length;
    while (at > 0 && ways[at - 1]! > way) at -= 1;
    found.splice(at, 0, i);
    ways.splice(at, 0, way);
    found.length = ways.length = Math.min(limit, found.length);
  }
  return found;
}
