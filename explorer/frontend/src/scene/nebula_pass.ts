import {
  BufferAttribute,
  BufferGeometry,
  DynamicDrawUsage,
  GLSL3,
  HalfFloatType,
  Mesh,
  RawShaderMaterial,
  Scene,
  UnsignedByteType,
  WebGLRenderTarget,
  type WebGLRenderer,
} from "three";
import type { Cluster } from "../api/wire";
import { PREMULTIPLIED } from "./blending";
import type { Frame } from "./frame";
import type { Look } from "./look";
import type { Palette } from "./palette";
import { Quads, type QuadField } from "./quads";
import { GLOWS_FRAGMENT, GLOWS_VERTEX, NEBULA_FRAGMENT, NEBULA_VERTEX } from "./shaders/nebula";

/** CSS px a side of a texel: glows are smooth, and as they overlap over the whole canvas they would cost more than all pictures. */
const COARSENESS = 8;
/** Of a glow: centre and radius, and its cluster. */
const STRIDE = 5;
const FIELDS: readonly QuadField[] = [["ball", 4, 0], ["cluster", 1, 4]];
const BEHIND = { ...PREMULTIPLIED, depthTest: false, depthWrite: false } as const;

/** The glow of all clusters, behind everything: drawn coarsely into a small picture of its own, and that onto the canvas. */
export class NebulaPass {
  readonly object: Mesh;
  readonly #sky = new Scene();
  readonly #target: WebGLRenderTarget;
  readonly #whole = new BufferGeometry();
  readonly #veil: RawShaderMaterial;
  readonly #glows: Quads;
  readonly #record = new Float32Array(STRIDE);
  readonly #material: RawShaderMaterial;
  readonly #clusters: readonly Cluster[];
  readonly #minRadius: number;

  /**
   * @param balls - (n, 4): centre and radius of each cluster and of whatever comes after them
   * @param minRadius - world units; a cluster of one picture has no radius of its own
   */
  constructor(renderer: WebGLRenderer, clusters: readonly Cluster[], balls: Float32Array, minRadius: number, palette: Palette) {
    this.#glows = new Quads(clusters.length, STRIDE, FIELDS, DynamicDrawUsage);
    this.#clusters = clusters;
    this.#minRadius = minRadius;
    this.setBalls(balls);
    this.#material = new RawShaderMaterial({
      ...BEHIND,
      glslVersion: GLSL3,
      vertexShader: GLOWS_VERTEX,
      fragmentShader: GLOWS_FRAGMENT,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uFogNear: { value: 0 },
        uFogFar: { value: 1 },
        uPalette: { value: palette.texture },
        uTints: { value: 0 },
      },
    });
    const glows = new Mesh(this.#glows.geometry, this.#material);
    glows.frustumCulled = false;
    this.#sky.add(glows);

    // Bytes would show as bands once they are magnified.
    const takesHalves = renderer.extensions.has("EXT_color_buffer_float") || renderer.extensions.has("EXT_color_buffer_half_float");
    this.#target = new WebGLRenderTarget(1, 1, { type: takesHalves ? HalfFloatType : UnsignedByteType, depthBuffer: false });
    this.#whole.setAttribute("position", new BufferAttribute(new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]), 3));
    this.#veil = new RawShaderMaterial({
      ...BEHIND,
      glslVersion: GLSL3,
      vertexShader: NEBULA_VERTEX,
      fragmentShader: NEBULA_FRAGMENT,
      uniforms: { uGlows: { value: this.#target.texture } },
    });
    this.object = new Mesh(this.#whole, this.#veil);
    this.object.frustumCulled = false;
    this.object.renderOrder = -1;
  }

  /** CSS px of the canvas. */
  resize(width: number, height: number): void {
    this.#target.setSize(Math.ceil(width / COARSENESS), Math.ceil(height / COARSENESS));
  }

  /** Puts the glows where the clusters are now. */
  setBalls(balls: Float32Array): void {
    this.#clusters.forEach((cluster, k) => {
      for (let i = 0; i < 4; i += 1) this.#record[i] = balls[4 * k + i]!;
      this.#record[3] = Math.max(this.#record[3]!, this.#minRadius);
      this.#record[4] = cluster.index;
      this.#glows.write(k, this.#record);
    });
    this.#glows.show(0, this.#clusters.length);
  }

  setLook({ tints }: Look): void {
    this.#material.uniforms.uTints!.value = tints;
  }

  /** Draws the glows; the canvas gets them with all else. */
  update(frame: Frame, renderer: WebGLRenderer): void {
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    u.uFogNear!.value = frame.fogNear;
    u.uFogFar!.value = frame.fogFar;
    renderer.setRenderTarget(this.#target);
    renderer.render(this.#sky, frame.camera);
    renderer.setRenderTarget(null);
  }

  dispose(): void {
    this.#glows.dispose();
    this.#material.dispose();
    this.#whole.dispose();
    this.#veil.dispose();
    this.#target.dispose();
  }
}
