import { DataArrayTexture, DataTexture, GLSL3, Points as ThreePoints, RawShaderMaterial, RGFormat, type Texture } from "three";
import { GIVE_WAY_TO, MIN_DISC_PX, type Sizes } from "../math/sizes";
import type { Colouring } from "../store/state";
import type { AtlasLayers } from "./atlas_layers";
import { PREMULTIPLIED } from "./blending";
import type { Frame } from "./frame";
import type { Look } from "./look";
import type { Palette } from "./palette";
import type { PointPool } from "./point_pool";
import { POINTS_FRAGMENT, POINTS_VERTEX } from "./shaders/points";

/** All points of the pool in one draw call; near ones as their tiles of 16 px. */
export class PointsPass {
  readonly object: ThreePoints;
  readonly #material: RawShaderMaterial;
  /** Stand in until the atlases are known: every sampler must have something. */
  readonly #nothing: readonly Texture[] = [new DataTexture(new Uint8Array(2), 1, 1, RGFormat), new DataArrayTexture(new Uint8Array(4), 1, 1, 1)];

  constructor(pool: PointPool, sizes: Sizes, palette: Palette) {
    for (const texture of this.#nothing) texture.needsUpdate = true;
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: POINTS_VERTEX,
      fragmentShader: POINTS_FRAGMENT,
      ...PREMULTIPLIED,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uFocal: { value: 1 },
        uPixelRatio: { value: 1 },
        uMinDiameter: { value: 1 },
        uDisc: { value: sizes.disc },
        uPicture: { value: sizes.picture },
        uGone: { value: 1 },
        uFogNear: { value: 0 },
        uFogFar: { value: 1 },
        uMean: { value: 0 },
        uSky: { value: [0, 0, 0] },
        uShade: { value: 1 },
        uPalette: { value: palette.texture },
        uTable: { value: this.#nothing[0] },
        uSmall: { value: this.#nothing[1] },
      },
    });
    this.object = new ThreePoints(pool.geometry, this.#material);
    this.object.frustumCulled = false;
  }

  /** Lets points show their tiles. */
  setAtlases(small: AtlasLayers): void {
    this.#material.uniforms.uTable!.value = small.table;
    this.#material.uniforms.uSmall!.value = small.array.texture;
  }

  setColouring(colouring: Colouring): void {
    this.#material.uniforms.uMean!.value = colouring === "mean" ? 1 : 0;
  }

  setLook({ sky, shade }: Look): void {
    this.#material.uniforms.uSky!.value = sky;
    this.#material.uniforms.uShade!.value = shade;
  }

  update(frame: Frame): void {
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    u.uFocal!.value = frame.projection.focal * frame.pixelRatio;
    u.uPixelRatio!.value = frame.pixelRatio;
    u.uMinDiameter!.value = 2 * MIN_DISC_PX * frame.pixelRatio;
    u.uGone!.value = GIVE_WAY_TO * Math.min(frame.projection.width, frame.projection.height) * frame.pixelRatio;
    u.uFogNear!.value = frame.fogNear;
    u.uFogFar!.value = frame.fogFar;
  }

  dispose(): void {
    this.#material.dispose();
    for (const texture of this.#nothing) texture.dispose();
  }
}
