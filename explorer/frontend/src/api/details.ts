import { WireError } from "./errors";
import { parseJson } from "./http";
import { readDetailsPart } from "./manifest";
import { PartSource } from "./parts";
import type { Tiles } from "./tiles";
import type { Details, DetailsPart } from "./wire";

/** Parts kept in memory: 24 of 256 pictures are about 10 MB. */
const MAX_PARTS = 24;

/** Fetches details by point, a part of neighbours at a time, and keeps the parts used last. */
export class DetailsSource {
  readonly #tiles: Tiles;
  readonly #base: string;
  readonly #placeOf: (index: number) => Promise<{ readonly uuid: string; readonly tile: number }>;
  #parts: PartSource<DetailsPart> | null = null;

  /**
   * @param base - what the tables' names resolve against
   * @param placeOf - uuid and tile of a point; raises WireError
   */
  constructor(tiles: Tiles, base: string, placeOf: (index: number) => Promise<{ readonly uuid: string; readonly tile: number }>) {
    this.#tiles = tiles;
    this.#base = base;
    this.#placeOf = placeOf;
  }

  /** The details of the picture at a point, and of no other. Raises WireError. */
  async fetch(index: number): Promise<Details> {
    const [tables, { uuid, tile }] = await Promise.all([this.#tiles.tables(), this.#placeOf(index)]);
    this.#parts ??= new PartSource(tables.details, this.#base, (file, _part, url) => readDetailsPart(parseJson(file, url), url), MAX_PARTS);
    const found = await this.#parts.get(tile);
    const details = found?.part.images[found.row];
    if (details?.uuid !== uuid) {
      throw new WireError("format", this.#base, `Expected the details of ${uuid}, found those of ${details?.uuid ?? "nothing"}. Reload the page.`);
    }
    return details;
  }
}
