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

  /** @param minRadius - world units; a cluster of one picture has no radius of its own */
  constructor(clusters: readonly Cluster[], minRadius: number, palette: Palette) {
    const balls = clusters.flatMap((cluster) => [...cluster.centroid, Math.max(cluster.radius, minRadius)]);
    this.#geometry.setAttribute("corner", new BufferAttribute(new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 2));
    this.#geometry.setAttribute("ball", new InstancedBufferAttribute(new Float32Array(balls), 4));
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
