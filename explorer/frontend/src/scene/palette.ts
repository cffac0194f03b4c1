import { ClampToEdgeWrapping, DataTexture, NearestFilter, RGBAFormat, UnsignedByteType } from "three";
import type { Manifest } from "../api/wire";
import { approach } from "../math/easing";
import { parseColour } from "../math/quantise";

const N = 256;
const DIMMED = 0.22;
const HALF_LIFE_MS = 70;

/** Colour and light of each cluster in a small texture: the points look theirs up, so dimming the others touches 1 KB. */
export class Palette {
  readonly texture: DataTexture;
  /** Per cluster, 0 to 1: how much it stands out now. */
  readonly light = new Float32Array(N).fill(1);
  readonly #data = new Uint8Array(N * 4);
  readonly #target = new Float32Array(N).fill(1);

  constructor(clusters: Manifest["clusters"]) {
    this.#data.fill(160);
    for (const cluster of clusters) {
      const [r, g, b] = parseColour(cluster.colour);
      this.#data.set([r * 255, g * 255, b * 255], cluster.index * 4);
    }
    this.texture = new DataTexture(this.#data, N, 1, RGBAFormat, UnsignedByteType);
    this.texture.magFilter = NearestFilter;
    this.texture.minFilter = NearestFilter;
    this.texture.wrapS = ClampToEdgeWrapping;
    this.#write();
  }

  /** Lets one cluster stand out; null lets all. */
  focus(cluster: number | null): void {
    this.#target.fill(cluster === null ? 1 : DIMMED);
    if (cluster !== null) this.#target[cluster] = 1;
  }

  /** Eases towards what was asked for. Returns whether there is more to come. */
  step(elapsedMs: number, atOnce: boolean): boolean {
    const share = atOnce ? 1 : approach(elapsedMs, HALF_LIFE_MS);
    let moving = false;
    let changed = false;
    for (let i = 0; i < N; i += 1) {
      const way = this.#target[i]! - this.light[i]!;
      if (way === 0) continue;
      changed = true;
      this.light[i] = Math.abs(way) < 0.004 ? this.#target[i]! : this.light[i]! + way * share;
      moving ||= this.light[i] !== this.#target[i];
    }
    if (changed) this.#write();
    return moving;
  }

  dispose(): void {
    this.texture.dispose();
  }

  #write(): void {
    for (let i = 0; i < N; i += 1) this.#data[4 * i + 3] = Math.round(this.light[i]! * 255);
    this.texture.needsUpdate = true;
  }
}
