import type { WebGLRenderer } from "three";
import { fetchBitmap } from "../api/http";
import { approach } from "../math/easing";
import { Residence } from "../math/residence";
import { Retries } from "./retries";
import { TextureArray } from "./texture_array";

/** Side of a layer: a `small` rendition has a short side of 320. */
const SHARP_SIDE = 512;
const MAX_LOADING = 4;
const FADE_HALF_LIFE_MS = 70;
/** On the card, of one rendition. */
export const SHARP_BYTES = TextureArray.bytes(SHARP_SIDE, SHARP_SIDE, 1);
/** After each failure in a row everything waits twice as long, up to this: a server that is down is not to be hammered. */
const MAX_PAUSE_MS = 60_000;

/** The few largest pictures on the screen, from their own renditions. A layer belongs to one point, and a point is one uuid. */
export class SharpLayers {
  readonly array: TextureArray;
  readonly shown: Float32Array;
  nRequests = 0;
  readonly #residence: Residence;
  readonly #loaded: Uint8Array;
  readonly #retries: Retries;
  readonly #wanted: Uint32Array;
  readonly #wantedPx: Float32Array;
  readonly #urlOf: (index: number) => Promise<string>;
  readonly #onChange: () => void;
  readonly #abort = new AbortController();
  #nWanted = 0;
  #loading = 0;
  #nFailures = 0;
  #pausedUntil = 0;

  constructor(renderer: WebGLRenderer, nLayers: number, urlOf: (index: number) => Promise<string>, onChange: () => void) {
    this.array = new TextureArray(renderer, SHARP_SIDE, SHARP_SIDE, nLayers, 4);
    this.#residence = new Residence(nLayers);
    this.#loaded = new Uint8Array(nLayers);
    this.shown = new Float32Array(nLayers);
    // Half of the layers are for what was seen a moment ago.
    this.#wanted = new Uint32Array(Math.ceil(nLayers / 2));
    this.#wantedPx = new Float32Array(this.#wanted.length);
    this.#urlOf = urlOf;
    this.#onChange = onChange;
    // One picture that is missing is no matter of the whole galaxy's: nobody is told.
    this.#retries = new Retries({ onDue: onChange, onStalled: () => undefined });
  }

  get isLoading(): boolean {
    return this.#loading > 0;
  }

  layerOf(index: number): number {
    const layer = this.#residence.layerOf(index);
    return layer >= 0 && this.#loaded[layer] === 1 ? layer : -1;
  }

  begin(): void {
    this.#nWanted = 0;
  }

  /** Asks for a picture. Called far to near, so later ones are larger and push out the smallest. */
  want(index: number, px: number): void {
    if (this.#nWanted < this.#wanted.length) {
      this.#wanted[this.#nWanted] = index;
      this.#wantedPx[this.#nWanted] = px;
      this.#nWanted += 1;
      return;
    }
    let smallest = 0;
    for (let k = 1; k < this.#nWanted; k += 1) if (this.#wantedPx[k]! < this.#wantedPx[smallest]!) smallest = k;
    if (this.#wantedPx[smallest]! >= px) return;
    this.#wanted[smallest] = index;
    this.#wantedPx[smallest] = px;
  }

  /** Loads what was asked for, and fades in what came. Returns whether a fade goes on. */
  end(elapsedMs: number, atOnce: boolean): boolean {
    const now = performance.now();
    this.#residence.begin();
    for (let k = 0; k < this.#nWanted; k += 1) {
      if (this.#residence.want(this.#wanted[k]!, this.#wantedPx[k]!)) this.#wantedPx[k] = -1;
    }
    for (let k = 0; k < this.#nWanted && this.#loading < MAX_LOADING && now >= this.#pausedUntil; k += 1) {
      const index = this.#wanted[k]!;
      if (this.#wantedPx[k]! < 0 || !this.#retries.isDue(index, now)) continue;
      const layer = this.#residence.settle(index, this.#wantedPx[k]!);
      if (layer < 0) continue;
      this.#loaded[layer] = 0;
      this.shown[layer] = 0;
      void this.#load(index, layer);
    }
    let fading = false;
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
    this.#retries.dispose();
    this.array.dispose();
  }

  async #load(index: number, layer: number): Promise<void> {
    this.#loading += 1;
    this.nRequests += 1;
    try {
      // Stretched to the whole layer: no edge inside it at which an earlier picture could shine through.
      const options = { resizeWidth: SHARP_SIDE, resizeHeight: SHARP_SIDE, resizeQuality: "medium" } as const;
      const picture = await fetchBitmap(await this.#urlOf(index), this.#abort.signal, options);
      // The layer may belong to another picture by now: never the wrong picture.
      if (!this.#abort.signal.aborted && this.#residence.layerOf(index) === layer) {
        this.array.upload(layer, picture);
        this.#loaded[layer] = 1;
      }
      picture.close();
      this.#nFailures = 0;
      this.#retries.succeeded(index);
    } catch {
      if (this.#abort.signal.aborted) return;
      this.#nFailures += 1;
      this.#pausedUntil = performance.now() + Math.min(MAX_PAUSE_MS, 250 * 2 ** this.#nFailures);
      // The tile of the atlas stays.
      this.#residence.release(index);
      this.#retries.failed(index, performance.now());
    } finally {
      this.#loading -= 1;
      if (!this.#abort.signal.aborted) this.#onChange();
    }
  }
}
