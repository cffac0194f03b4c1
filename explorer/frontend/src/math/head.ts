/** The lines that tell how a head is held, on a ball of radius 1 around 0, y downwards as in SVG; before it is rolled. */
export interface HeadLines {
  /** From crown to chin, through the nose. */
  readonly meridian: string;
  /** From ear to ear, at the height of the eyes. */
  readonly equator: string;
  readonly nose: readonly [x: number, y: number];
}

const RADIANS = Math.PI / 180;

/**
 * Draws a turned head the way painters begin one: a ball with a line down its face and one across.
 *
 * @param pan - degrees, positive to the right of the picture.
 * @param tilt - degrees, positive upwards.
 */
export function headLines(pan: number, tilt: number): HeadLines {
  const across = Math.sin(pan * RADIANS);
  const up = Math.sin(tilt * RADIANS);
  const arc = (radius: number): string => Math.abs(radius).toFixed(3);
  return {
    meridian: `M0 -1A${arc(across)} 1 0 0 ${across > 0 ? 1 : 0} 0 1`,
    equator: `M-1 0A1 ${arc(up)} 0 0 ${up > 0 ? 1 : 0} 1 0`,
    nose: [across * Math.cos(tilt * RADIANS), -up],
  };
}
