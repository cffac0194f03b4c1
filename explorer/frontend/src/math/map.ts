/** How a map of the world is laid into a frame, in CSS percent, and where the place lies in it. */
export interface MapCut {
  /** Width and height of the whole world, of the frame's. */
  readonly size: readonly [width: number, height: number];
  /** `background-position`: 0 % lays left edges on each other, 100 % right edges. */
  readonly offset: readonly [x: number, y: number];
  /** Where the place is, of the frame's width and height. */
  readonly mark: readonly [left: number, top: number];
}

/** Near the poles a degree eastwards is next to nothing; the map is not drawn narrower than at 72.5°. */
const LEAST_COSINE = 0.3;

/**
 * Cuts the surroundings of a place out of an equirectangular map of the world. The place's own parallel is drawn true to
 * scale (the plate carrée with a standard parallel, Snyder, Map Projections: A Working Manual, 1987, p. 90).
 *
 * @param latitude - degrees, -90 to 90.
 * @param longitude - degrees, -180 to 180.
 * @param span - how many degrees of longitude the frame is wide, below 360.
 * @param aspect - width over height of the frame.
 */
export function cutMap(latitude: number, longitude: number, span: number, aspect: number): MapCut {
  const wide = span / 360;
  const high = Math.min(1, (span * Math.max(LEAST_COSINE, Math.cos((latitude * Math.PI) / 180))) / aspect / 180);
  // Shares of the world: x from 180° west, going round; y from the north pole, not beyond the poles.
  const [x, y] = [(longitude + 180) / 360, (90 - latitude) / 180];
  const left = x - wide / 2;
  const top = Math.min(1 - high, Math.max(0, y - high / 2));
  const percent = (share: number): number => 100 * share;
  return {
    size: [percent(1 / wide), percent(1 / high)],
    offset: [percent(left / (1 - wide)), high === 1 ? 0 : percent(top / (1 - high))],
    mark: [50, percent((y - top) / high)],
  };
}
