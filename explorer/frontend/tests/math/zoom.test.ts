import { describe, expect, it } from "vitest";
import { fit, hold, reveal, shift, WHOLE, zoomAt, type Zoom } from "../../src/math/zoom";

const FRAME = fit([1000, 500], 1);
/** Which share of the picture lies under a place of the stage, counted from its middle. */
const under = ({ scale, x }: Zoom, atX: number): number => (atX - x) / (FRAME.picture[0] * scale) + 0.5;

describe("looking closely at a picture", () => {
  it("begins with all of it, as large as the stage allows", () => {
    expect(FRAME.picture).toEqual([500, 500]);
    expect(fit([1000, 500], 4).picture).toEqual([1000, 250]);
  });

  it("zooms about the pointer: what lies under it stays there", () => {
    const before = zoomAt(WHOLE, FRAME, 4);
    const after = zoomAt(before, FRAME, 1.5, 120, -40);
    expect(after.scale).toBeCloseTo(6);
    expect(under(after, 120)).toBeCloseTo(under(before, 120));
  });

  it("ends at eight times and at the whole, which lies in the middle", () => {
    expect(zoomAt(WHOLE, FRAME, 100).scale).toBe(8);
    const whole = zoomAt(zoomAt(WHOLE, FRAME, 3, 200, 200), FRAME, 0.01);
    expect([whole.scale, under(whole, 0)]).toEqual([1, 0.5]);
  });

  it("cannot push the picture out of the stage, and not at all along a side that fits", () => {
    const twice = zoomAt(WHOLE, FRAME, 2);
    expect(shift(twice, FRAME, 9999, 9999)).toEqual({ scale: 2, x: 0, y: 250 });
    expect(hold({ scale: 4, x: -9999, y: -10 }, FRAME)).toEqual({ scale: 4, x: -500, y: -10 });
  });

  it("goes to a box that is out of sight, and stays where the box is seen", () => {
    const corner = zoomAt(WHOLE, FRAME, 4, -250, -250);
    const shown = reveal(corner, FRAME, [0.7, 0.7, 0.1, 0.1]);
    expect(under(shown, 0)).toBeCloseTo(0.75);
    expect(reveal(shown, FRAME, [0.7, 0.7, 0.05, 0.05])).toBe(shown);
  });
});
