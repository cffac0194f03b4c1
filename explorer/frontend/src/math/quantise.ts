/**
 * Quantized positions to coordinates: origin + q / 65535 * extent, the artifact's rule.
 *
 * @param q - (n, 3) uint16
 * @returns (n, 3) float32, in the galaxy's own unit
 */
export function dequantize(q: Uint16Array, origin: readonly [number, number, number], extent: number): Float32Array {
  const out = new Float32Array(q.length);
  const step = extent / 65535;
  for (let i = 0; i < q.length; i += 3) {
    out[i] = origin[0] + q[i]! * step;
    out[i + 1] = origin[1] + q[i + 1]! * step;
    out[i + 2] = origin[2] + q[i + 2]! * step;
  }
  return out;
}

/** Width over height of a picture from its aspect byte: 128 is square, 32 steps double it. */
export function aspectRatio(byte: number): number {
  return 2 ** ((byte - 128) / 32);
}

/** Half width and half height of a picture that fits a square of side 1 (contain). */
export function halfExtents(byte: number, out: { w: number; h: number }): void {
  const ratio = aspectRatio(byte);
  out.w = ratio >= 1 ? 0.5 : 0.5 * ratio;
  out.h = ratio >= 1 ? 0.5 / ratio : 0.5;
}

/** `#rrggbb` as three numbers from 0 to 1; mid grey for anything else. */
export function parseColour(colour: string): [number, number, number] {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  if (match === null) return [0.6, 0.6, 0.6];
  return [Number.parseInt(match[1]!, 16) / 255, Number.parseInt(match[2]!, 16) / 255, Number.parseInt(match[3]!, 16) / 255];
}
