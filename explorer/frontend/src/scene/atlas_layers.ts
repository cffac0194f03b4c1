import { DataTexture, NearestFilter, RGFormat, UnsignedByteType, type WebGLRenderer } from "three";
import { fetchBitmap } from "../api/http";
import { addressOf } from "../api/names";
import type { AtlasLevel } from "../api/wire";
import { approach } from "../math/easing";
import { PartIndex } from "../math/part_index";
import { Residence } from "../math/residence";
import { Retries, type RetryListener } from "./retries";
import { TextureArray } from "./texture_array";

/** Width of every atlas, and the height of the largest. */
export const ATLAS_SIDE = 1024;
/** Mipmap levels: a tile halves twice before its pixels run together. */
const LEVELS = 3;
const MAX_LOADING = 3;
const FADE_HALF_LIFE_MS = 60;
/** Width of the table that tells shaders which layer an atlas has. */
export const TABLE_WIDTH = 256;

/** One level of atlases on the graphics card: as many as its layers hold, loaded by how much of the screen they would fill. */
export class AtlasLayers {
  readonly array: TextureArray;
  readonly index: PartIndex;
  readonly tileSize: number;
  /** Tiles in a row of an atlas. */
  readonly perRow: number;
  /** Per layer: 0 while it is being filled, then easing to 1. */
  readonly shown: Float32Array;
  /** For shaders, per atlas: layer + 1 (0: none) and how far it is shown, in a table `TABLE_WIDTH` wide. */
  readonly table: DataTexture;
  nRequests = 0;
  readonly #level: AtlasLevel;
  readonly #base: string;
  readonly #minWorth: number;
  readonly #residence: Residence;
  readonly #worth: Float64Array;
  readonly #loaded: Uint8Array;
  readonly #retries: Retries;
  readonly #abort = new AbortController();
  readonly #onChange: () => void;
  /** Come, but not on the graphics card yet: one a frame, for each takes a few milliseconds. */
  readonly #arrived: { atlas: number; layer: number; picture: ImageBitmap }[] = [];
  #loading = 0;

  /**
   * @param nLayers - most atlases on the card at once
   * @param minWorth - an atlas is fetched when its pictures would fill so many square px of the screen
   */
  constructor(renderer: WebGLRenderer, level: AtlasLevel, base: string, nLayers: number, minWorth: number, listener: RetryListener) {
    const n = level.atlases.length;
    this.array = new TextureArray(renderer, ATLAS_SIDE, ATLAS_SIDE, Math.max(1, Math.min(n, nLayers)), LEVELS);
    this.index = new PartIndex(level.atlases);
    this.tileSize = level.tile_size;
    this.perRow = ATLAS_SIDE / level.tile_size;
    this.#level = level;
    this.#base = base;
    this.#minWorth = minWorth;
    this.#residence = new Residence(this.array.nLayers);
    this.#worth = new Float64Array(n);
    this.#loaded = new Uint8Array(this.array.nLayers);
    this.shown = new Float32Array(this.array.nLayers);
    this.#retries = new Retries(listener);
    this.#onChange = () => { listener.onDue(); };
    this.table = new DataTexture(new Uint8Array(2 * TABLE_WIDTH * Math.max(1, Math.ceil(n / TABLE_WIDTH))), TABLE_WIDTH, Math.max(1, Math.ceil(n / TABLE_WIDTH)), RGFormat, UnsignedByteType);
    this.table.magFilter = this.table.minFilter = NearestFilter;
    this.table.needsUpdate = true;
  }

  /** Of its texture, and of what waits to be put on it. */
  get bytes(): number {
    return this.array.bytes + this.#arrived.reduce((sum, { picture }) => sum + 4 * picture.width * picture.height, 0);
  }

  get isLoading(): boolean {
    return this.#loading > 0;
  }

  /** The layer of an atlas if its pictures are there, or -1. */
  layerOf(atlas: number): number {
    const layer = this.#residence.layerOf(atlas);
    return layer >= 0 && this.#loaded[layer] === 1 ? layer : -1;
  }

  begin(): void {
    this.#worth.fill(0);
  }

  /** Pictures of this atlas would fill so many square px. */
  want(atlas: number, squarePx: number): void {
    this.#worth[atlas]! += squarePx;
  }

  /** Loads what this frame wanted most, and fades in what came. Returns whether a fade goes on. */
  end(elapsedMs: number, atOnce: boolean): boolean {
    this.#residence.begin();
    for (let atlas = 0; atlas < this.#worth.length; atlas += 1) {
      if (this.#worth[atlas]! > 0 && this.#residence.want(atlas, this.#worth[atlas]!)) this.#worth[atlas] = 0;
    }
    // What waits for the card counts, too: on a slow machine decoded atlases would pile up by the hundred.
    while (this.#loading + this.#arrived.length < MAX_LOADING && this.#loadBest());
    this.#uploadOne();
    let fading = this.#arrived.length > 0;
    let changed = false;
    for (let layer = 0; layer < this.shown.length; layer += 1) {
      if (this.#loaded[layer] === 0 || this.shown[layer] === 1) continue;
      const next = this.shown[layer]! + (1 - this.shown[layer]!) * (atOnce ? 1 : approach(elapsedMs, FADE_HALF_LIFE_MS));
      this.shown[layer] = next > 0.99 ? 1 : next;
      fading ||= next <= 0.99;
      changed = true;
      this.#tell(this.#residence.ownerOf(layer), layer);
    }
    if (changed) this.table.needsUpdate = true;
    return fading;
  }

  /** Asks at once for what failed. */
  retry(): void {
    this.#retries.reset();
  }

  dispose(): void {
    this.#abort.abort();
    this.#retries.dispose();
    for (const { picture } of this.#arrived) picture.close();
    this.table.dispose();
    this.array.dispose();
  }

  #tell(atlas: number, layer: number): void {
    const data = this.table.image.data as Uint8Array;
    data[2 * atlas] = layer + 1;
    data[2 * atlas + 1] = layer < 0 ? 0 : Math.round(255 * this.shown[layer]!);
    this.table.needsUpdate = true;
  }

  #uploadOne(): void {
    const next = this.#arrived.shift();
    if (next === undefined) return;
    // The layer may have gone to another atlas meanwhile: then this picture must not come into it.
    if (this.#residence.layerOf(next.atlas) === next.layer) {
      this.array.upload(next.layer, next.picture);
      this.#loaded[next.layer] = 1;
    }
    next.picture.close();
  }

  #loadBest(): boolean {
    const now = performance.now();
    let best = -1;
    for (let atlas = 0; atlas < this.#worth.length; atlas += 1) {
      if (this.#worth[atlas]! < this.#minWorth || (best >= 0 && this.#worth[atlas]! <= this.#worth[best]!)) continue;
      if (this.#retries.isDue(atlas, now)) best = atlas;
    }
    if (best < 0) return false;
    const worth = this.#worth[best]!;
    this.#worth[best] = 0;
    const layer = this.#residence.settle(best, worth, (evicted) => { this.#tell(evicted, -1); });
    if (layer < 0) return false;
    this.#loaded[layer] = 0;
    this.shown[layer] = 0;
    void this.#load(best, layer);
    return true;
  }

  async #load(atlas: number, layer: number): Promise<void> {
    this.#loading += 1;
    this.nRequests += 1;
    try {
      const url = addressOf(this.#level.atlases[atlas]!.url, this.#base);
      const picture = await fetchBitmap(url, this.#abort.signal);
      if (this.#abort.signal.aborted) picture.close();
      else this.#arrived.push({ atlas, layer, picture });
      this.#retries.succeeded(atlas);
    } catch {
      if (this.#abort.signal.aborted) return;
      // The points stay points until it comes.
      this.#residence.release(atlas);
      this.#retries.failed(atlas, performance.now());
    } finally {
      this.#loading -= 1;
      if (!this.#abort.signal.aborted) this.#onChange();
    }
  }
}
