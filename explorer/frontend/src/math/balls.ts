/**
 * Grows a ball to hold another one: the smallest ball around both.
 *
 * @param balls - (n, 4): centre and radius; row `a` is changed
 */
export function mergeBalls(balls: Float32Array, a: number, others: Float32Array, b: number): void {
  const [at, from] = [4 * a, 4 * b];
  const dx = others[from]! - balls[at]!;
  const dy = others[from + 1]! - balls[at + 1]!;
  const dz = others[from + 2]! - balls[at + 2]!;
  const [radius, other] = [balls[at + 3]!, others[from + 3]!];
  const apart = Math.hypot(dx, dy, dz);
  if (apart + other <= radius) return;
  const grown = apart + radius <= other ? other : (apart + radius + other) / 2;
  const share = apart === 0 ? 0 : apart + radius <= other ? 1 : (grown - radius) / apart;
  balls[at]! += dx * share;
  balls[at + 1]! += dy * share;
  balls[at + 2]! += dz * share;
  // Float32 rounds; a hair more keeps both inside.
  balls[at + 3] = grown * 1.0001;
}
