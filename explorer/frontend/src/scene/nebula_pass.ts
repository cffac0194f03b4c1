import { BufferAttribute, CustomBlending, GLSL3, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial } from "three";
import type { Cluster } from "../api/wire";
import type { Frame } from "./frame";
import type { Palette } from "./palette";
import { NEBULA_FRAGMENT, NEBULA_VERTEX } from "./shaders/nebula";

/** The glow of all clusters in one draw call, behind everything. */
export class NebulaPass {
  readonly object: Mesh;
  readonly #geometry = new InstancedBufferGeometry();
  readonly #material: RawShaderMaterial;

  readonly #balls: InstancedBufferAttribute;
  readonly #minRadius: number;

  /**
   * @param balls - (n, 4): centre and radius of each cluster and of whatever comes after them
   * @param minRadius - world units; a cluster of one picture has no radius of its own
   */
  constructor(clusters: readonly Cluster[], balls: Float32Array, minRadius: number, palette: Palette) {
    this.#balls = new InstancedBufferAttribute(new Float32Array(4 * clusters.length), 4);
    this.#minRadius = minRadius;
    this.setBalls(balls);
    this.#geometry.setAttribute("corner", new BufferAttribute(new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 2));
    this.#geometry.setAttribute("ball", this.#balls);
    this.#geometry.setAttribute("cluster", new InstancedBufferAttribute(new Float32Array(clusters.map((one) => one.index)), 1));
    this.#geometry.setIndex([0, 1, 2, 2, 1, 3]);
    this.#geometry.instanceCount = clusters.length;
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: NEBULA_VERTEX,
      fragmentShader: NEBULA_FRAGMENT,
      transparent: true,
      depthTest: false,
      depthWrite: false,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uFogNear: { value: 0 },
        uFogFar: { value: 1 },
        uPalette: { value: palette.texture },
      },
    });
    this.object = new Mesh(this.#geometry, this.#material);
    this.object.frustumCulled = false;
    this.object.renderOrder = -1;
  }

  /** Puts the glows where the clusters are now. */
  setBalls(balls: Float32Array): void {
    const array = this.#balls.array as Float32Array;
    for (let i = 0; i < array.length; i += 1) array[i] = i % 4 === 3 ? Math.max(balls[i]!, this.#minRadius) : balls[i]!;
    this.#balls.needsUpdate = true;
  }

  update(frame: Frame): void {
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    u.uFogNear!.value = frame.fogNear;
    u.uFogFar!.value = frame.fogFar;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }
}
