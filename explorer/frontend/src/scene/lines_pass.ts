import { BufferAttribute, BufferGeometry, CustomBlending, GLSL3, LineSegments, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial } from "three";
import { approach } from "../math/easing";
import type { Spines } from "../math/spine";
import type { Frame } from "./frame";
import type { Palette } from "./palette";
import { LINES_FRAGMENT, LINES_VERTEX } from "./shaders/lines";

const HALF_LIFE_MS = 120;

/** A faint line through each cluster, all in one draw call; none while they are not wanted. */
export class LinesPass {
  readonly object: LineSegments;
  readonly #geometry = new BufferGeometry();
  readonly #material: RawShaderMaterial;
  #strength = 0;
  #target = 0;

  constructor(palette: Palette) {
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: LINES_VERTEX,
      fragmentShader: LINES_FRAGMENT,
      transparent: true,
      depthWrite: false,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uFogNear: { value: 0 },
        uFogFar: { value: 1 },
        uStrength: { value: 0 },
        uPalette: { value: palette.texture },
      },
    });
    this.object = new LineSegments(this.#geometry, this.#material);
    this.object.frustumCulled = false;
    this.object.visible = false;
  }

  setSpines(spines: Spines): void {
    this.#geometry.dispose();
    this.#geometry.setAttribute("position", new BufferAttribute(spines.ends, 3));
    this.#geometry.setAttribute("cluster", new BufferAttribute(spines.clusters, 1));
  }

  show(isShown: boolean): void {
    this.#target = isShown ? 1 : 0;
  }

  /** Returns whether they are still fading. */
  update(frame: Frame): boolean {
    const way = this.#target - this.#strength;
    this.#strength = frame.reducedMotion || Math.abs(way) < 0.01 ? this.#target : this.#strength + way * approach(frame.elapsedMs, HALF_LIFE_MS);
    this.object.visible = this.#strength > 0 && this.#geometry.hasAttribute("position");
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
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
