/** How a picture is looked at: 1 shows all of it; its middle lies `x`, `y` px from the middle of the stage. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** CSS px: of the stage, and of the picture at scale 1. */
export interface ZoomFrame {
  readonly stage: readonly [width: number, height: number];
  readonly picture: readonly [width: number, height: number];
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
/** 2,048 px of the rendition, fitted into an ordinary window, are then 5 CSS px each. */
const MAX_SCALE = 8;

/** The largest size of a picture, `ratio` wide for 1 high, that fits into a stage. */
export function fit(stage: readonly [width: number, height: number], ratio: number): ZoomFrame {
  const width = Math.min(stage[0], stage[1] * ratio);
  return { stage, picture: [width, width / ratio] };
}

/** Keeps the scale in its range, and the picture from leaving the stage: an edge never goes past the stage's own edge, a smaller side stays in the middle. */
export function hold({ scale, x, y }: Zoom, { stage, picture }: ZoomFrame): Zoom {
  const held = Math.min(MAX_SCALE, Math.max(1, scale));
  const within = (at: number, axis: 0 | 1): number => {
    const spare = Math.max(0, (picture[axis] * held - stage[axis]) / 2);
    return Math.min(spare, Math.max(-spare, at));
  };
  return { scale: held, x: within(x, 0), y: within(y, 1) };
}

/** Zooms by a factor; what lies `atX`, `atY` px from the middle of the stage stays there. */
export function zoomAt(zoom: Zoom, frame: ZoomFrame, factor: number, atX = 0, atY = 0): Zoom {
  const scale = Math.min(MAX_SCALE, Math.max(1, zoom.scale * factor));
  const by = scale / zoom.scale;
  return hold({ scale, x: atX + (zoom.x - atX) * by, y: atY + (zoom.y - atY) * by }, frame);
}

/** Shifts the picture by px. */
export function shift(zoom: Zoom, frame: ZoomFrame, byX: number, byY: number): Zoom {
  return hold({ ...zoom, x: zoom.x + byX, y: zoom.y + byY }, frame);
}

/** Brings a box, given in shares of the picture, to the middle if part of it is out of sight; what is seen whole stays. */
export function reveal(zoom: Zoom, frame: ZoomFrame, [left, top, width, height]: readonly [left: number, top: number, width: number, height: number]): Zoom {
  const place = (share: number, axis: 0 | 1): number => (share - 0.5) * frame.picture[axis] * zoom.scale;
  const isSeen = (from: number, to: number, at: number, axis: 0 | 1): boolean =>
    place(from, axis) + at >= -frame.stage[axis] / 2 && place(to, axis) + at <= frame.stage[axis] / 2;
  if (isSeen(left, left + width, zoom.x, 0) && isSeen(top, top + height, zoom.y, 1)) return zoom;
  return hold({ ...zoom, x: -place(left + width / 2, 0), y: -place(top + height / 2, 1) }, frame);
}
