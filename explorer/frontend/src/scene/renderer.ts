import { WebGLRenderer } from "three";

/** WebGL 2 is not to be had in this browser. */
export class NoWebglError extends Error {}

/** A renderer on a canvas whose empty parts let the page through. Its counts run on until a frame resets them. Raises NoWebglError. */
export function createRenderer(canvas: HTMLCanvasElement): WebGLRenderer {
  const context = canvas.getContext("webgl2", { alpha: true, antialias: false, premultipliedAlpha: true, powerPreference: "high-performance" });
  if (context === null) throw new NoWebglError("Expected WebGL 2, this browser gives none.");
  const renderer = new WebGLRenderer({ canvas, context, alpha: true, antialias: false });
  renderer.setClearColor(0x000000, 0);
  // A frame is more than one rendering: the nebula has its own.
  renderer.info.autoReset = false;
  return renderer;
}
