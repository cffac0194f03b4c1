/** Slow in, slow out; 0 to 0, 1 to 1. */
export function easeInOut(t: number): number {
  const u = Math.min(1, Math.max(0, t));
  return u * u * u * (u * (6 * u - 15) + 10);
}

/** The share of the way that something with a half-life has gone after a time, both in the same unit. */
export function approach(elapsed: number, halfLife: number): number {
  return halfLife <= 0 ? 1 : 1 - 2 ** (-elapsed / halfLife);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp((value - low) / (high - low), 0, 1);
  return t * t * (3 - 2 * t);
}
