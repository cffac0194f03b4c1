import {
  BufferAttribute,
  CustomBlending,
  DynamicDrawUsage,
  GLSL3,
  InstancedBufferGeometry,
  InstancedInterleavedBuffer,
  InterleavedBufferAttribute,
  Mesh,
  OneFactor,
  OneMinusSrcAlphaFactor,
  RawShaderMaterial,
  type WebGLRenderer,
} from "three";
import type { Galaxy } from "../api/galaxy";
import { project, type Projection, type ScreenPoint } from "../math/project";
import { smoothstep } from "../math/easing";
import { halfExtents } from "../math/quantise";
import type { Blocks } from "../math/blocks";
import { pictureAlpha, presence, SHARP_FROM_PX, type Sizes } from "../math/sizes";
import { VisiblePictures } from "../math/visible";
import { AtlasLayers } from "./atlas_layers";
import type { Frame } from "./frame";
import type { Palette } from "./palette";
import { SharpLayers } from "./sharp_layers";
import { PICTURES_FRAGMENT, PICTURES_VERTEX } from "./shaders/pictures";

/** Memory on the graphics card and counts, by the kind of machine. */
export interface PictureBudget {
  readonly atlasBytes: number;
  readonly nSharp: number;
  readonly maxPictures: number;
}

const STRIDE = 12;
const COVERS_FROM_PX = 60;
const TILES_PER_ROW = 32;
/** Over this share a picture counts as what is drawn there: for picking, and for counting. */
const SEEN = 0.4;

/** The pictures near the camera, all in one draw call, far to near. */
export class PicturesPass {
  readonly object: Mesh;
  /** Pictures that a person would see as pictures in the last frame. */
  nSeen = 0;
  /** The point whose picture is drawn over all others, or -1: what is chosen is never hidden by what lies before it. */
  front = -1;
  readonly #galaxy: Galaxy;
  readonly #positions: Float32Array;
  readonly #blocks: Blocks;
  readonly #sizes: Sizes;
  readonly #palette: Palette;
  readonly #visible: VisiblePictures;
  readonly #seen: Uint8Array;
  readonly #atlases: AtlasLayers;
  readonly #sharp: SharpLayers;
  readonly #geometry = new InstancedBufferGeometry();
  readonly #instances: InstancedInterleavedBuffer;
  readonly #material: RawShaderMaterial;
  readonly #half = { w: 0, h: 0 };
  readonly #spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };

  constructor(
    renderer: WebGLRenderer,
    galaxy: Galaxy,
    scene: { positions: Float32Array; blocks: Blocks; sizes: Sizes; palette: Palette },
    budget: PictureBudget,
    smallUrlOf: (index: number) => string,
    onChange: () => void,
  ) {
    this.#galaxy = galaxy;
    this.#positions = scene.positions;
    this.#blocks = scene.blocks;
    this.#sizes = scene.sizes;
    this.#palette = scene.palette;
    const n = galaxy.points.n;
    this.#visible = new VisiblePictures(Math.min(n, budget.maxPictures), Math.min(n, 4 * budget.maxPictures));
    this.#seen = new Uint8Array(n);
    this.#atlases = new AtlasLayers(renderer, galaxy.manifest.atlases, galaxy.base, budget.atlasBytes, onChange);
    this.#sharp = new SharpLayers(renderer, budget.nSharp, smallUrlOf, onChange);

    this.#geometry.setAttribute("corner", new BufferAttribute(new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), 2));
    this.#geometry.setIndex([0, 1, 2, 2, 1, 3]);
    this.#instances = new InstancedInterleavedBuffer(new Float32Array(Math.max(1, this.#visible.index.length) * STRIDE), STRIDE);
    this.#instances.setUsage(DynamicDrawUsage);
    for (const [name, size, offset] of [["place", 4, 0], ["shape", 3, 4], ["tile", 3, 7], ["sharp", 2, 10]] as const) {
      this.#geometry.setAttribute(name, new InterleavedBufferAttribute(this.#instances, size, offset));
    }
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: PICTURES_VERTEX,
      fragmentShader: PICTURES_FRAGMENT,
      transparent: true,
      blending: CustomBlending,
      blendSrc: OneFactor,
      blendDst: OneMinusSrcAlphaFactor,
      // Sorted far to near: writing depth would only let a fading edge cut off what it lies on.
      depthWrite: false,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uFocal: { value: 1 },
        uPicture: { value: scene.sizes.picture },
        uAtlas: { value: this.#atlases.array.texture },
        uSharp: { value: this.#sharp.array.texture },
        uAtlasSize: { value: [this.#atlases.array.width, this.#atlases.array.height] },
      },
    });
    this.object = new Mesh(this.#geometry, this.#material);
    this.object.frustumCulled = false;
    this.object.renderOrder = 1;
  }

  /** Whether a point is drawn as its picture now. */
  isPicture(index: number): boolean {
    return this.#seen[index] === 1;
  }

  /** Whether a picture larger than `COVERS_FROM_PX` and nearer than `depth` lies at a place of the canvas. */
  covers(x: number, y: number, depth: number, projection: Projection): boolean {
    const { index, px } = this.#visible;
    for (let k = this.#visible.count - 1; k >= 0 && px[k]! >= COVERS_FROM_PX; k -= 1) {
      const i = index[k]!;
      if (this.#seen[i] === 0) continue;
      if (!project(projection, this.#positions[3 * i]!, this.#positions[3 * i + 1]!, this.#positions[3 * i + 2]!, this.#spot)) continue;
      halfExtents(this.#galaxy.points.aspect[i]!, this.#half);
      if (this.#spot.depth < depth && Math.abs(this.#spot.x - x) < this.#half.w * px[k]! && Math.abs(this.#spot.y - y) < this.#half.h * px[k]!) return true;
    }
    return false;
  }

  /** Chooses and places the pictures. Returns whether something is still fading in. */
  update(frame: Frame): boolean {
    const { points } = this.#galaxy;
    const visible = this.#visible;
    for (let k = 0; k < visible.count; k += 1) this.#seen[visible.index[k]!] = 0;
    visible.update(this.#positions, this.#blocks, this.#sizes, frame.projection, this.front);
    this.#atlases.begin();
    this.#sharp.begin();
    const data = this.#instances.array as Float32Array;
    const { width, height } = frame.projection;
    let count = 0;
    this.nSeen = 0;
    for (let k = 0; k < visible.count; k += 1) {
      const i = visible.index[k]!;
      const px = visible.px[k]!;
      const tile = points.tile[i]!;
      const atlas = tile >>> 16;
      this.#atlases.want(atlas, px);
      const giveWay = presence(px, Math.min(width, height));
      if (px >= SHARP_FROM_PX && giveWay > 0) this.#sharp.want(i, px);
      const layer = this.#atlases.layerOf(atlas);
      if (layer < 0) continue;
      const alpha = pictureAlpha(px) * this.#atlases.shown[layer]! * giveWay;
      if (alpha <= 0.01) continue;
      const at = count * STRIDE;
      const slot = tile & 0xffff;
      const sharpLayer = this.#sharp.layerOf(i);
      halfExtents(points.aspect[i]!, this.#half);
      data[at] = this.#positions[3 * i]!;
      data[at + 1] = this.#positions[3 * i + 1]!;
      data[at + 2] = this.#positions[3 * i + 2]!;
      data[at + 3] = alpha;
      data[at + 4] = this.#half.w;
      data[at + 5] = this.#half.h;
      const fog = 1 - 0.45 * smoothstep(frame.fogNear, frame.fogFar, (this.#sizes.picture * frame.projection.focal) / px);
      data[at + 6] = (0.3 + 0.7 * this.#palette.light[points.cluster[i]!]!) * fog;
      data[at + 7] = layer;
      data[at + 8] = slot % TILES_PER_ROW;
      data[at + 9] = Math.floor(slot / TILES_PER_ROW);
      data[at + 10] = Math.max(0, sharpLayer);
      data[at + 11] = sharpLayer < 0 ? 0 : this.#sharp.shown[sharpLayer]!;
      count += 1;
      if (alpha >= SEEN) {
        this.#seen[i] = 1;
        this.nSeen += 1;
      }
    }
    const fadingAtlases = this.#atlases.end(frame.elapsedMs, frame.reducedMotion);
    const fadingSharp = this.#sharp.end(frame.elapsedMs, frame.reducedMotion);
    this.#geometry.instanceCount = count;
    this.object.visible = count > 0;
    if (count > 0) {
      this.#instances.clearUpdateRanges();
      this.#instances.addUpdateRange(0, count * STRIDE);
      this.#instances.needsUpdate = true;
    }
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    u.uFocal!.value = frame.projection.focal * frame.pixelRatio;
    return fadingAtlases || fadingSharp;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
    this.#atlases.dispose();
    this.#sharp.dispose();
  }
}
