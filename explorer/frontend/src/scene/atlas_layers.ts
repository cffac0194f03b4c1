import type { WebGLRenderer } from "three";
import { fetchBitmap } from "../api/http";
import type { Atlas } from "../api/wire";
import { approach } from "../math/easing";
import { Residence } from "../math/residence";
import { TextureArray } from "./texture_array";

const MAX_LOADING = 3;
const FADE_HALF_LIFE_MS = 60;
const LEVELS = 4;
/** After a failure an atlas is left alone for so many milliseconds. */
const RETRY_MS = 4000;

/** The atlases on the graphics card: as many as the budget holds, loaded by how much of the screen they would fill. */
export class AtlasLayers {
  readonly array: TextureArray;
  /** Per layer: 0 while it is being filled, then easing to 1. */
  readonly shown: Float32Array;
  readonly #atlases: readonly Atlas[];
  readonly #base: string;
  readonly #residence: Residence;
  readonly #worth: Float64Array;
  readonly #loaded: Uint8Array;
  readonly #notBefore: Float64Array;
  readonly #abort = new AbortController();
  readonly #onChange: () => void;
  /** Come, but not on the graphics card yet: one a frame, for each takes a few milliseconds. */
  readonly #arrived: { atlas: number; layer: number; picture: ImageBitmap }[] = [];
  #loading = 0;

  constructor(renderer: WebGLRenderer, atlases: readonly Atlas[], base: string, budgetBytes: number, onChange: () => void) {
    const width = Math.max(64, ...atlases.map((atlas) => atlas.width));
    const height = Math.max(64, ...atlases.map((atlas) => atlas.height));
    const affordable = Math.floor(budgetBytes / TextureArray.bytes(width, height, 1));
    const nLayers = Math.max(1, Math.min(atlases.length, affordable));
    this.array = new TextureArray(renderer, width, height, nLayers, LEVELS);
    this.#atlases = atlases;
    this.#base = base;
    this.#residence = new Residence(nLayers);
    this.#worth = new Float64Array(atlases.length);
    this.#notBefore = new Float64Array(atlases.length);
    this.#loaded = new Uint8Array(nLayers);
    this.shown = new Float32Array(nLayers);
    this.#onChange = onChange;
  }

  /** The layer of an atlas if its pictures are there, or -1. */
  layerOf(atlas: number): number {
    const layer = this.#residence.layerOf(atlas);
    return layer >= 0 && this.#loaded[layer] === 1 ? layer : -1;
  }

  begin(): void {
    this.#worth.fill(0);
  }

  /** A picture of this atlas would be drawn at this size. */
  want(atlas: number, px: number): void {
    if (atlas < this.#worth.length) this.#worth[atlas]! += px * px;
  }

  /** Loads what this frame wanted most, and fades in what came. Returns whether a fade goes on. */
  end(elapsedMs: number, atOnce: boolean): boolean {
    this.#residence.begin();
    for (let atlas = 0; atlas < this.#worth.length; atlas += 1) {
      if (this.#worth[atlas]! > 0 && this.#residence.want(atlas, this.#worth[atlas]!)) this.#worth[atlas] = 0;
    }
    while (this.#loading < MAX_LOADING && this.#loadBest());
    this.#uploadOne();
    let fading = this.#arrived.length > 0;
    for (let layer = 0; layer < this.shown.length; layer += 1) {
      if (this.#loaded[layer] === 0 || this.shown[layer] === 1) continue;
      const next = this.shown[layer]! + (1 - this.shown[layer]!) * (atOnce ? 1 : approach(elapsedMs, FADE_HALF_LIFE_MS));
      this.shown[layer] = next > 0.99 ? 1 : next;
      fading ||= next <= 0.99;
    }
    return fading;
  }

  dispose(): void {
    this.#abort.abort();
    for (const { picture } of this.#arrived) picture.close();
    this.array.dispose();
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
      if (this.#worth[atlas]! > 0 && now >= this.#notBefore[atlas]! && (best < 0 || this.#worth[atlas]! > this.#worth[best]!)) best = atlas;
    }
    if (best < 0) return false;
    const layer = this.#residence.settle(best, this.#worth[best]!);
    this.#worth[best] = 0;
    if (layer < 0) return false;
    this.#loaded[layer] = 0;
    this.shown[layer] = 0;
    void this.#load(best, layer);
    return true;
  }

  async #load(atlas: number, layer: number): Promise<void> {
    this.#loading += 1;
    try {
      const url = new URL(this.#atlases[atlas]!.url, this.#base).href;
      const picture = await fetchBitmap(url, this.#abort.signal);
      if (this.#abort.signal.aborted) picture.close();
      else this.#arrived.push({ atlas, layer, picture });
    } catch {
      // The points stay points; the atlas is asked for again when the view still wants it.
      this.#notBefore[atlas] = performance.now() + RETRY_MS;
      this.#residence.release(atlas);
    } finally {
      this.#loading -= 1;
      if (!this.#abort.signal.aborted) this.#onChange();
    }
  }
}
