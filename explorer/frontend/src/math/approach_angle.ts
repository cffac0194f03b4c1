import { axesOf, emptyAxes, type View } from "./view";

/** Directions tried around the present one, in radians; the smallest turn first. */
const TURNS = [0, 0.25, -0.25, 0.5, -0.5, 0.8, -0.8, 1.15, -1.15, 1.6, -1.6];
const LIFTS = [0, 0.25, -0.25, 0.5, -0.5, 0.8, -0.8];
/** What a radian of turning costs, in hidden pictures. */
const TURN_COST = 0.5;

/**
 * From where to look at a picture, so that its neighbours do not stand in the way: the direction near the present one with
 * the fewest pictures between the camera and it. Every picture faces the camera, so one hides another when it is nearer and
 * less than a picture aside.
 *
 * @param picture - side of a picture, world units
 * @param isShown - whether a point is there to be in the way
 * @returns `view` with yaw and pitch changed
 */
export function clearApproach(view: View, positions: Float32Array, index: number, picture: number, isShown: (index: number) => boolean = () => true): View {
  const near = neighboursWithin(positions, index, view.distance, isShown);
  const axes = emptyAxes();
  const tried: View = { ...view };
  let best = Infinity;
  const found: View = { ...view };
  for (const turn of TURNS) {
    for (const lift of LIFTS) {
      tried.yaw = view.yaw + turn;
      tried.pitch = view.pitch + lift;
      if (Math.abs(tried.pitch) > 1.2 && lift !== 0) continue;
      let cost = TURN_COST * Math.hypot(turn, lift);
      axesOf(tried, axes);
      for (let k = 0; k < near.length && cost < best; k += 3) {
        const [x, y, z] = [near[k]!, near[k + 1]!, near[k + 2]!];
        const forward = x * axes.forward[0] + y * axes.forward[1] + z * axes.forward[2];
        // Before the picture, and not yet so near the camera that it gives way.
        if (forward >= 0 || forward < -0.8 * view.distance) continue;
        const grown = view.distance / (view.distance + forward);
        const right = Math.abs(x * axes.right[0] + y * axes.right[1] + z * axes.right[2]) * grown;
        const up = Math.abs(x * axes.up[0] + y * axes.up[1] + z * axes.up[2]) * grown;
        const reach = (picture / 2) * (1 + grown);
        if (right < reach && up < reach) cost += (1 - right / reach) * (1 - up / reach) * 4;
      }
      if (cost < best) {
        best = cost;
        found.yaw = tried.yaw;
        found.pitch = tried.pitch;
      }
    }
  }
  return found;
}

/** The offsets (x, y, z each) of the other shown points within a distance of a point. */
function neighboursWithin(positions: Float32Array, index: number, distance: number, isShown: (index: number) => boolean): number[] {
  const [x, y, z] = [positions[3 * index]!, positions[3 * index + 1]!, positions[3 * index + 2]!];
  const found: number[] = [];
  for (let i = 0; i < positions.length; i += 3) {
    if (i === 3 * index) continue;
    const dx = positions[i]! - x;
    const dy = positions[i + 1]! - y;
    const dz = positions[i + 2]! - z;
    if (dx * dx + dy * dy + dz * dz < distance * distance && isShown(i / 3)) found.push(dx, dy, dz);
  }
  return found;
}
