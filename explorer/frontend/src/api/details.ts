import { fetchJson } from "./http";
import { WireError } from "./errors";
import { readDetailsShard } from "./manifest";
import type { Details, DetailsShard, Manifest } from "./wire";

/** Shards kept in memory: 24 of 256 pictures are about 10 MB. */
const MAX_SHARDS = 24;

/** Fetches details by point, a shard of neighbours at a time, and keeps the shards used last. */
export class DetailsSource {
  readonly #shards = new Map<number, Promise<DetailsShard>>();
  readonly #table: Manifest["details"];
  readonly #base: string;

  /** `base`: what the manifest's names resolve against. */
  constructor(table: Manifest["details"], base: string) {
    this.#table = table;
    this.#base = base;
  }

  /** The details of the picture at a point. `uuid` must be its uuid: never tell of one picture what is true of another. Raises WireError. */
  async fetch(index: number, uuid: string): Promise<Details> {
    const number = Math.floor(index / this.#table.shard_size);
    const shard = await this.#shard(number);
    const details = shard.images[index % this.#table.shard_size];
    if (details?.uuid !== uuid) {
      throw new WireError("format", this.#url(number), `Expected the details of ${uuid}, found those of ${details?.uuid ?? "nothing"}. Reload the page.`);
    }
    return details;
  }

  #url(number: number): string {
    const name = this.#table.shards[number];
    if (name === undefined) {
      throw new WireError("format", this.#base, `Expected a details shard ${number}, the manifest names ${this.#table.shards.length}.`);
    }
    return new URL(name, this.#base).href;
  }

  async #shard(number: number): Promise<DetailsShard> {
    let shard = this.#shards.get(number);
    if (shard === undefined) {
      const url = this.#url(number);
      shard = fetchJson(url).then((value) => readDetailsShard(value, url));
      // A failed shard is asked for again the next time.
      shard.catch(() => this.#shards.delete(number));
    }
    this.#shards.delete(number);
    this.#shards.set(number, shard);
    if (this.#shards.size > MAX_SHARDS) this.#shards.delete(this.#shards.keys().next().value!);
    return shard;
  }
}
