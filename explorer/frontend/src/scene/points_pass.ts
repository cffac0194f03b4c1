import { BufferAttribute, BufferGeometry, CustomBlending, GLSL3, OneFactor, OneMinusSrcAlphaFactor, Points as ThreePoints, RawShaderMaterial } from "three";
import type { Points } from "../api/points";
import type { Manifest } from "../api/wire";
import { GIVE_WAY_TO, MIN_DISC_PX, type Sizes } from "../math/sizes";
import type { Frame } from "./frame";
import type { Palette } from "./palette";
import { POINTS_FRAGMENT, POINTS_VERTEX } from "./shaders/points";

/** All points in one draw call, straight from the artifact's quantized columns. */
export class PointsPass {
  readonly object: ThreePoints;
  readonly #geometry = new BufferGeometry();
  readonly #material: RawShaderMaterial;

  constructor(points: Points, bounds: Manifest["bounds"], sizes: Sizes, palette: Palette) {
    const packed = new Uint16Array(points.n * 4);
    for (let i = 0; i < points.n; i += 1) {
      packed[4 * i] = points.position[3 * i]!;
      packed[4 * i + 1] = points.position[3 * i + 1]!;
      packed[4 * i + 2] = points.position[3 * i + 2]!;
      packed[4 * i + 3] = points.cluster[i]! | (points.aspect[i]! << 8);
    }
    this.#geometry.setAttribute("position", new BufferAttribute(packed, 4, true));
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: POINTS_VERTEX,
      fragmentShader: POINTS_FRAGMENT,
      transparent: true,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uOrigin: { value: bounds.origin },
        uExtent: { value: bounds.extent },
        uFocal: { value: 1 },
        uMinDiameter: { value: 1 },
        uDisc: { value: sizes.disc },
        uPicture: { value: sizes.picture },
        uGone: { value: 1 },
        uFogNear: { value: 0 },
        uFogFar: { value: 1 },
        uPalette: { value: palette.texture },
      },
    });
    this.object = new ThreePoints(this.#geometry, this.#material);
    this.object.frustumCulled = false;
  }

  update(frame: Frame): void {
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    u.uFocal!.value = frame.projection.focal * frame.pixelRatio;
    u.uMinDiameter!.value = 2 * MIN_DISC_PX * frame.pixelRatio;
    u.uGone!.value = GIVE_WAY_TO * Math.min(frame.projection.width, frame.projection.height) * frame.pixelRatio;
    u.uFogNear!.value = frame.fogNear;
    u.uFogFar!.value = frame.fogFar;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }
}
