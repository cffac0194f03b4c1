/** What dark and light change in what is drawn. Uniform values, shared by the passes: never changed in place. */
export interface Look {
  /** What things dim towards with depth, and where they step back: sRGB, 0 to 1. */
  readonly sky: readonly [number, number, number];
  /** How bright points are, of their colour: darker on a pale sky. */
  readonly shade: number;
  /** What lines are lightened or darkened with. */
  readonly ink: readonly [number, number, number];
  /** 1: the nebula tints the sky instead of lighting it. */
  readonly tints: number;
}

const DARK: Look = { sky: [0, 0, 0], shade: 1, ink: [1, 1, 1], tints: 0 };
/** The sky is the page's own, `--sky-middle` in ui/styles/tokens.css. */
const LIGHT: Look = { sky: [0.918, 0.937, 0.969], shade: 0.68, ink: [0.07, 0.1, 0.17], tints: 1 };

export function lookOf(isLight: boolean): Look {
  return isLight ? LIGHT : DARK;
}
