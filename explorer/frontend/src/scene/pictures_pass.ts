import { DynamicDrawUsage, GLSL3, Mesh, RawShaderMaterial, type WebGLRenderer } from "three";
import type { Galaxy } from "../api/galaxy";
import type { Projection } from "../math/project";
import { smoothstep } from "../math/easing";
import { halfExtents } from "../math/quantise";
import { mayShow, nearestDepth, type Rect } from "../math/blocks";
import { Cover } from "../math/cover";
import type { Extent } from "../math/pick";
import { FADE_TO_PX, pictureAlpha, presence, SHARP_FROM_PX, SMALL_FROM_PX, SMALL_TO_PX } from "../math/sizes";
import type { World } from "../math/world";
import { VisiblePictures } from "../math/visible";
import type { AtlasLevel, Tables } from "../api/wire";
import { AtlasLayers } from "./atlas_layers";
import type { Budget } from "./budget";
import { PREMULTIPLIED } from "./blending";
import type { Frame } from "./frame";
import type { Look } from "./look";
import type { Palette } from "./palette";
import type { RetryListener } from "./retries";
import { Quads, type QuadField } from "./quads";
import { SharpLayers } from "./sharp_layers";
import { PICTURES_FRAGMENT, PICTURES_VERTEX } from "./shaders/pictures";

/** Floats of a picture's record, and where they lie in it. */
const STRIDE = 16;
const FIELDS: readonly QuadField[] = [["place", 4, 0], ["shape", 3, 4], ["small", 3, 7], ["tile", 4, 10], ["sharp", 2, 14]];
/** Corners of pictures are rounded by so much at most, and let through what lies behind. */
const ROUNDED_PX = 3;
const COVERS_FROM_PX = 60;
/** Square px that pictures of an atlas must fill before it is fetched: a few dozen small ones; one large or a handful of middling ones. */
const SMALL_MIN_WORTH = 1200;
const TILES_MIN_WORTH = 2300;
/** Points of a block that speak for all of it when atlases of 16 px are chosen. */
const SPEAKERS = 8;
/** Over this share a picture counts as what is drawn there: for picking, and for counting. */
const SEEN = 0.4;

/** The pictures near the camera, all in one draw call, far to near. */
export class PicturesPass {
  readonly object: Mesh;
  /** Pictures that a person would see as pictures in the last frame. */
  nSeen = 0;
  /** The point whose picture is drawn over all others, or -1: what is chosen is never hidden by what lies before it. */
  front = -1;
  /** The atlases of 16 px: the points draw from them too. */
  readonly small: AtlasLayers;
  readonly #tiles: AtlasLayers;
  readonly #sharp: SharpLayers;
  readonly #galaxy: Galaxy;
  readonly #world: World;
  readonly #palette: Palette;
  readonly #visible: VisiblePictures;
  readonly #seen: Uint8Array;
  readonly #quads: Quads;
  readonly #record = new Float32Array(STRIDE);
  readonly #material: RawShaderMaterial;
  readonly #cover = new Cover();
  readonly #half = { w: 0, h: 0 };
  readonly #screen: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };
  #matches: Uint8Array | null = null;

  /** @param smallUrlOf - where the sharp rendition of a point lies; raises WireError */
  constructor(
    renderer: WebGLRenderer,
    galaxy: Galaxy,
    tables: Tables,
    scene: { readonly world: World; readonly palette: Palette; readonly budget: Budget },
    smallUrlOf: (index: number) => Promise<string>,
    listener: RetryListener,
  ) {
    const { world, palette, budget } = scene;
    this.#galaxy = galaxy;
    this.#world = world;
    this.#palette = palette;
    const n = galaxy.points.n;
    this.#visible = new VisiblePictures(Math.min(n, budget.maxPictures), Math.min(n, 4 * budget.maxPictures));
    this.#seen = new Uint8Array(n);
    const [small, tiles] = [levelOf(tables, 16), levelOf(tables, 64)];
    this.small = new AtlasLayers(renderer, small, galaxy.base, budget.nSmall, SMALL_MIN_WORTH, listener);
    this.#tiles = new AtlasLayers(renderer, tiles, galaxy.base, budget.nTiles, TILES_MIN_WORTH, listener);
    this.#sharp = new SharpLayers(renderer, budget.nSharp, smallUrlOf, () => { listener.onDue(); });

    this.#quads = new Quads(Math.max(1, this.#visible.index.length), STRIDE, FIELDS, DynamicDrawUsage);
    this.#material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: PICTURES_VERTEX,
      fragmentShader: PICTURES_FRAGMENT,
      ...PREMULTIPLIED,
      // Sorted far to near: writing depth would only let a fading edge cut off what it lies on.
      depthWrite: false,
      uniforms: {
        uView: { value: null },
        uProjection: { value: null },
        uFocal: { value: 1 },
        uPicture: { value: world.sizes.picture },
        uSmall: { value: this.small.array.texture },
        uTiles: { value: this.#tiles.array.texture },
        uSharp: { value: this.#sharp.array.texture },
        uSky: { value: [0, 0, 0] },
      },
    });
    this.object = new Mesh(this.#quads.geometry, this.#material);
    this.object.frustumCulled = false;
    this.object.renderOrder = 1;
  }

  /** Whether a point is drawn as its picture now. */
  isPicture(index: number): boolean {
    return this.#seen[index] === 1;
  }

  /** Half width and height of the picture that a point is drawn as, in shares of the picture size; zeros for a disc. See `PickScene`. */
  extentOf(index: number, px: number, out: Extent): void {
    if (this.#seen[index] === 1 || this.#isSmall(index, px)) halfExtents(this.#galaxy.points.aspect[index]!, out);
    else out.w = out.h = 0;
  }

  get bytes(): number {
    return this.small.bytes + this.#tiles.bytes + this.#sharp.array.bytes + this.#quads.bytes;
  }

  get nRequests(): number {
    return this.small.nRequests + this.#tiles.nRequests + this.#sharp.nRequests;
  }

  get isLoading(): boolean {
    return this.small.isLoading || this.#tiles.isLoading || this.#sharp.isLoading;
  }

  /** Which tiles stay lit: 1 or 0 by tile; null: all. */
  setMatches(matches: Uint8Array | null): void {
    this.#matches = matches;
  }

  setLook({ sky }: Look): void {
    this.#material.uniforms.uSky!.value = sky;
  }

  /** Asks at once for what failed. */
  retry(): void {
    this.small.retry();
    this.#tiles.retry();
  }

  /** Whether the points' pass draws the tile of 16 px there, and well enough to be told. */
  #isSmall(index: number, px: number): boolean {
    if (px < (SMALL_FROM_PX + SMALL_TO_PX) / 2) return false;
    const layer = this.small.layerOf(this.small.index.partOf(this.#galaxy.points.tile[index]!));
    return layer >= 0 && px < FADE_TO_PX && this.small.shown[layer]! >= SEEN;
  }

  /** Whether a picture larger than `COVERS_FROM_PX` and nearer than `depth` lies at a place of the canvas. */
  covers(x: number, y: number, depth: number, projection: Projection): boolean {
    const { index, px, x: middleX, y: middleY } = this.#visible;
    for (let k = this.#visible.count - 1; k >= 0 && px[k]! >= COVERS_FROM_PX; k -= 1) {
      const i = index[k]!;
      if (this.#seen[i] === 0) continue;
      halfExtents(this.#galaxy.points.aspect[i]!, this.#half);
      const own = (this.#world.sizes.picture * projection.focal) / px[k]!;
      if (own < depth && Math.abs(middleX[k]! - x) < this.#half.w * px[k]! && Math.abs(middleY[k]! - y) < this.#half.h * px[k]!) return true;
    }
    return false;
  }

  /** Chooses and places the pictures. Returns whether something is still fading in. */
  update(frame: Frame): boolean {
    const visible = this.#visible;
    for (let k = 0; k < visible.count; k += 1) this.#seen[visible.index[k]!] = 0;
    visible.update(this.#world, frame.projection, this.front);
    this.small.begin();
    this.#tiles.begin();
    this.#sharp.begin();
    this.#wantSmall(frame.projection);
    const smallerSide = Math.min(frame.projection.width, frame.projection.height);
    this.nSeen = 0;
    // From near to far, so that what lies behind others is known and left out; written from the end, to be drawn far to near.
    this.#cover.begin(frame.projection.width, frame.projection.height);
    const end = this.#quads.n;
    let start = end;
    for (let k = visible.count - 1; k >= 0; k -= 1) {
      if (!this.#place(k, smallerSide, frame)) continue;
      start -= 1;
      this.#quads.write(start, this.#record);
    }
    this.#quads.show(start, end);
    this.object.visible = start < end;
    const fadingSmall = this.small.end(frame.elapsedMs, frame.reducedMotion);
    const fadingTiles = this.#tiles.end(frame.elapsedMs, frame.reducedMotion);
    const fadingSharp = this.#sharp.end(frame.elapsedMs, frame.reducedMotion);
    const u = this.#material.uniforms;
    u.uView!.value = frame.camera.matrixWorldInverse;
    u.uProjection!.value = frame.camera.projectionMatrix;
    u.uFocal!.value = frame.projection.focal * frame.pixelRatio;
    return fadingSmall || fadingTiles || fadingSharp;
  }

  dispose(): void {
    this.#quads.dispose();
    this.#material.dispose();
    this.small.dispose();
    this.#tiles.dispose();
    this.#sharp.dispose();
  }

  /** Says which atlases of 16 px the blocks in view would draw from: some points speak for each block. */
  #wantSmall(projection: Projection): void {
    const { blocks, sizes } = this.#world;
    const { tile } = this.#galaxy.points;
    const maxDepth = (sizes.picture * projection.focal) / SMALL_FROM_PX;
    this.#screen.x1 = projection.width;
    this.#screen.y1 = projection.height;
    for (let b = 0; b < blocks.n; b += 1) {
      if (blocks.shown[b] === 0 || !mayShow(blocks.balls, b, projection, this.#screen, maxDepth)) continue;
      const middle = nearestDepth(blocks.balls, b, projection) + blocks.balls[4 * b + 3]!;
      const px = middle <= 0 ? FADE_TO_PX : Math.min(FADE_TO_PX, (sizes.picture * projection.focal) / middle);
      if (px < SMALL_FROM_PX) continue;
      const first = blocks.first[b]!;
      const n = blocks.first[b + 1]! - first;
      for (let k = 0; k < SPEAKERS; k += 1) {
        const part = this.small.index.partOf(tile[first + Math.floor((n * k) / SPEAKERS)]!);
        if (part >= 0) this.small.want(part, (px * px * n) / SPEAKERS);
      }
    }
  }

  /** Writes one picture's record. Returns false where nothing is to be drawn of it: not yet, or not behind those before it. */
  #place(k: number, smallerSide: number, frame: Frame): boolean {
    const { points } = this.#galaxy;
    const i = this.#visible.index[k]!;
    const px = this.#visible.px[k]!;
    const x = this.#visible.x[k]!;
    const y = this.#visible.y[k]!;
    const { positions, sizes } = this.#world;
    const tile = points.tile[i]!;
    const giveWay = presence(px, smallerSide);
    halfExtents(points.aspect[i]!, this.#half);
    const w = this.#half.w * px;
    const h = this.#half.h * px;
    if (this.#cover.hides(x, y, w, h)) return false;
    const part = this.#tiles.index.partOf(tile);
    if (part >= 0) this.#tiles.want(part, px * px);
    if (px >= SHARP_FROM_PX && giveWay > 0) this.#sharp.want(i, px);
    const smallPart = this.small.index.partOf(tile);
    const smallLayer = this.small.layerOf(smallPart);
    const tileLayer = this.#tiles.layerOf(part);
    const sharpLayer = this.#sharp.layerOf(i);
    const smallShown = smallLayer < 0 ? 0 : this.small.shown[smallLayer]!;
    const tileShown = tileLayer < 0 ? 0 : this.#tiles.shown[tileLayer]!;
    const sharpShown = sharpLayer < 0 ? 0 : this.#sharp.shown[sharpLayer]!;
    const alpha = pictureAlpha(px) * Math.max(smallShown, tileShown, sharpShown) * giveWay;
    if (alpha <= 0.01) return false;
    if (alpha === 1) this.#cover.add(x, y, w - ROUNDED_PX, h - ROUNDED_PX);
    const record = this.#record;
    record[0] = positions[3 * i]!;
    record[1] = positions[3 * i + 1]!;
    record[2] = positions[3 * i + 2]!;
    record[3] = alpha;
    record[4] = this.#half.w;
    record[5] = this.#half.h;
    const fog = 1 - 0.45 * smoothstep(frame.fogNear, frame.fogFar, (sizes.picture * frame.projection.focal) / px);
    const lit = this.#palette.light[points.cluster[i]!]! * (this.#matches === null || this.#matches[tile] === 1 ? 1 : 0.2);
    record[6] = (0.3 + 0.7 * lit) * fog;
    const smallRow = smallLayer < 0 ? 0 : this.small.index.rowOf(tile, smallPart);
    record[7] = smallLayer;
    record[8] = smallRow % this.small.perRow;
    record[9] = Math.floor(smallRow / this.small.perRow);
    const row = tileLayer < 0 ? 0 : this.#tiles.index.rowOf(tile, part);
    record[10] = Math.max(0, tileLayer);
    record[11] = row % this.#tiles.perRow;
    record[12] = Math.floor(row / this.#tiles.perRow);
    // What has nothing coarser under it is there at once; its alpha does the fading.
    record[13] = smallLayer < 0 && tileLayer >= 0 ? 1 : tileShown;
    record[14] = Math.max(0, sharpLayer);
    record[15] = smallLayer < 0 && tileLayer < 0 ? 1 : sharpShown;
    if (alpha < SEEN) return true;
    this.#seen[i] = 1;
    this.nSeen += 1;
    return true;
  }
}

/** The atlases of one tile size; none where the galaxy has no such level. */
function levelOf(tables: Tables, tileSize: number): AtlasLevel {
  return tables.levels.find((level) => level.tile_size === tileSize) ?? { tile_size: tileSize, atlases: [] };
}
