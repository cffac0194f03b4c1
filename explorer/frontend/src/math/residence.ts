/**
 * Which of many things (atlases, sharp pictures) live in a few layers of a texture. Bookkeeping only: it says who should
 * come and whose layer may be taken, by the worth that the frame gives each.
 */
export class Residence {
  readonly #layerOf = new Map<number, number>();
  readonly #ownerOf: Int32Array;
  /** The frame in which a layer was last wanted. */
  readonly #wantedAt: Float64Array;
  readonly #worth: Float64Array;
  #frame = 0;

  constructor(nLayers: number) {
    this.#ownerOf = new Int32Array(nLayers).fill(-1);
    this.#wantedAt = new Float64Array(nLayers).fill(-1);
    this.#worth = new Float64Array(nLayers);
  }

  get nLayers(): number {
    return this.#ownerOf.length;
  }

  /** The layer that holds (or is being filled with) a thing, or -1. */
  layerOf(thing: number): number {
    return this.#layerOf.get(thing) ?? -1;
  }

  ownerOf(layer: number): number {
    return this.#ownerOf[layer]!;
  }

  /** Starts a frame: from here on `want` says what this frame would like to draw. */
  begin(): void {
    this.#frame += 1;
  }

  /** Notes that this frame wants a thing, and how much. Returns whether it already has a layer. */
  want(thing: number, worth: number): boolean {
    const layer = this.layerOf(thing);
    if (layer < 0) return false;
    this.#wantedAt[layer] = this.#frame;
    this.#worth[layer] = worth;
    return true;
  }

  /**
   * Gives a thing a layer: a free one, else the one wanted longest ago, else the least worthy if that is worth less than half
   * (so that two rivals do not chase each other out). Returns the layer, or -1 if all others are worth more.
   *
   * @param onEvicted - hears whose layer was taken
   */
  settle(thing: number, worth: number, onEvicted?: (thing: number) => void): number {
    let best = -1;
    for (let layer = 0; layer < this.nLayers; layer += 1) {
      if (this.#ownerOf[layer] === -1) {
        best = layer;
        break;
      }
      if (best === -1 || this.#isLessUseful(layer, best)) best = layer;
    }
    if (best === -1) return -1;
    const owner = this.#ownerOf[best]!;
    if (owner !== -1) {
      if (this.#wantedAt[best] === this.#frame && this.#worth[best]! * 2 > worth) return -1;
      this.#layerOf.delete(owner);
      onEvicted?.(owner);
    }
    this.#ownerOf[best] = thing;
    this.#wantedAt[best] = this.#frame;
    this.#worth[best] = worth;
    this.#layerOf.set(thing, best);
    return best;
  }

  /** Gives a layer back, for what could not be loaded. */
  release(thing: number): void {
    const layer = this.layerOf(thing);
    if (layer < 0) return;
    this.#layerOf.delete(thing);
    this.#ownerOf[layer] = -1;
    this.#wantedAt[layer] = -1;
  }

  #isLessUseful(a: number, b: number): boolean {
    const age = this.#wantedAt[a]! - this.#wantedAt[b]!;
    return age === 0 ? this.#worth[a]! < this.#worth[b]! : age < 0;
  }
}
