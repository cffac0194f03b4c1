import { BufferAttribute, DoubleSide, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, InstancedInterleavedBuffer, InterleavedBufferAttribute, Mesh, RawShaderMaterial } from "three";
import { approach } from "../math/easing";
import type { Spines } from "../math/spine";
import { PREMULTIPLIED } from "./blending";
import type { Frame } from "./frame";
import type { Look } from "./look";
import type { Palette } from "./palette";
import { LINES_FRAGMENT, LINES_VERTEX } from "./shaders/lines";

const HALF_LIFE_MS = 120;
const WIDTH_PX = 2.5;

/** A line through each cluster, all in one draw call: every piece a narrow rectangle, as WebGL's own lines are a pixel thin. None while they are not wanted. */
export class LinesPass {
  readonly object: Mesh;
  #geometry = new InstancedBufferGeometry();
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
    this.object = new Mesh(this.#geometry, this.#material);
    this.object.frustumCulled = false;
    this.object.visible = false;
    this.object.renderOrder = 2;
  }

  setSpines(spines: Spines): void {
    this.#geometry.dispose();
    this.#geometry = new InstancedBufferGeometry();
    const ends = new InstancedInterleavedBuffer(spines.ends, 6);
    this.#geometry.setAttribute("corner", new BufferAttribute(new Float32Array([0, -1, 1, -1, 0, 1, 1, 1]), 2));
    this.#geometry.setAttribute("from", new InterleavedBufferAttribute(ends, 3, 0));
    this.#geometry.setAttribute("to", new InterleavedBufferAttribute(ends, 3, 3));
    this.#geometry.setAttribute("cluster", new InstancedBufferAttribute(spines.clusters, 1));
    this.#geometry.setIndex([0, 1, 2, 2, 1, 3]);
    this.#geometry.instanceCount = spines.clusters.length;
    this.object.geometry = this.#geometry;
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
    this.#geometry.dispose();
    this.#material.dispose();
  }
}
