import { BufferGeometry, DoubleSide, GLSL3, Mesh, RawShaderMaterial, StaticDrawUsage } from "three";
import { approach } from "../math/easing";
import type { Spines } from "../math/spine";
import { PREMULTIPLIED } from "./blending";
import type { Frame } from "./frame";
import type { Look } from "./look";
import type { Palette } from "./palette";
import { Quads, type QuadField } from "./quads";
import { LINES_FRAGMENT, LINES_VERTEX } from "./shaders/lines";

const HALF_LIFE_MS = 120;
const WIDTH_PX = 2.5;
/** Of a piece: its two ends, and its cluster. */
const STRIDE = 7;
const FIELDS: readonly QuadField[] = [["from", 3, 0], ["to", 3, 3], ["cluster", 1, 6]];

/** A line through each cluster, all in one draw call: every piece a narrow rectangle, as WebGL's own lines are a pixel thin. None while they are not wanted. */
export class LinesPass {
  readonly object: Mesh;
  #pieces: Quads | null = null;
  readonly #material: RawShaderMaterial;
  #strength = 0;
  #target = 0;

  /** @param picture - side of a picture, world units */
  constructor(palette: Palette, picture: number) {
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: LINES_VERTEX,
      fragmentShader: LINES_FRAGMENT,
      ...PREMULTIPLIED,
      side: DoubleSide,
      // Over the points: a line through the middle of a cluster would show only where there are none.
      depthTest: false,
      depthWrite: false,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uPixelX: { value: 1 },
        uPixelY: { value: 1 },
        uFogNear: { value: 0 },
        uFogFar: { value: 1 },
        uStrength: { value: 0 },
        uPicture: { value: picture },
        uPalette: { value: palette.texture },
        uInk: { value: [1, 1, 1] },
      },
    });
    this.object = new Mesh(new BufferGeometry(), this.#material);
    this.object.frustumCulled = false;
    this.object.visible = false;
    this.object.renderOrder = 2;
  }

  setSpines(spines: Spines): void {
    this.#pieces?.dispose();
    const n = spines.clusters.length;
    const pieces = new Quads(n, STRIDE, FIELDS, StaticDrawUsage);
    const record = new Float32Array(STRIDE);
    for (let k = 0; k < n; k += 1) {
      record.set(spines.ends.subarray(6 * k, 6 * k + 6));
      record[6] = spines.clusters[k]!;
      pieces.write(k, record);
    }
    pieces.show(0, n);
    this.#pieces = pieces;
    this.object.geometry = pieces.geometry;
  }

  show(isShown: boolean): void {
    this.#target = isShown ? 1 : 0;
  }

  setLook({ ink }: Look): void {
    this.#material.uniforms.uInk!.value = ink;
  }

  /** Returns whether they are still fading. */
  update(frame: Frame): boolean {
    const way = this.#target - this.#strength;
    this.#strength = frame.reducedMotion || Math.abs(way) < 0.01 ? this.#target : this.#strength + way * approach(frame.elapsedMs, HALF_LIFE_MS);
    this.object.visible = this.#strength > 0;
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    // Half the width in the units of the window, which is 2 wide and 2 high.
    u.uPixelX!.value = WIDTH_PX / frame.projection.width;
    u.uPixelY!.value = WIDTH_PX / frame.projection.height;
    u.uFogNear!.value = frame.fogNear;
    u.uFogFar!.value = frame.fogFar;
    u.uStrength!.value = this.#strength;
    return this.#strength !== this.#target;
  }

  dispose(): void {
    this.#pieces?.dispose();
    this.#material.dispose();
  }
}
