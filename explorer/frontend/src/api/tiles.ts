import { fetchBytes, fetchJson } from "./http";
import { readTables } from "./manifest";
import { decodeNeighbourPatch, decodeNeighbours, type NearTile, type NeighbourPatch, type NeighboursPart } from "./neighbours";
import { PartSource } from "./parts";
import { decodeLookup, decodePlaces, lookupNumber, type LookupFile, type PlacesPart } from "./places";
import { parseUuid } from "./uuids";
import type { Tables } from "./wire";

/** Parts kept in memory: 64 of places are 5 MB, 32 of neighbours 2 MB, 32 of the lookup 2.5 MB at a million images. */
const MAX_PLACES = 64;
const MAX_NEIGHBOURS = 32;
const MAX_LOOKUPS = 32;

/** Where an image is. */
export interface Place {
  readonly uuid: string;
  /** Its point. */
  readonly index: number;
}

/** The tables and what they lead to by tile: uuids, points and neighbours. Everything is fetched when first asked for. */
export class Tiles {
  readonly #url: string;
  readonly #base: string;
  #tables: Promise<Tables> | null = null;
  #places: PartSource<PlacesPart> | null = null;
  #neighbours: PartSource<NeighboursPart> | null = null;
  #patches: Promise<readonly NeighbourPatch[]> | null = null;
  #lookup: PartSource<LookupFile> | null = null;

  /**
   * @param name - the tables' name in the manifest
   * @param base - what names resolve against
   */
  constructor(name: string, base: string) {
    this.#url = new URL(name, base).href;
    this.#base = base;
  }

  /** The tables, fetched once. Raises WireError; after a failure the next call tries again. */
  tables(): Promise<Tables> {
    if (this.#tables === null) {
      this.#tables = fetchJson(this.#url).then((value) => readTables(value, this.#url));
      this.#tables.catch(() => { this.#tables = null; });
    }
    return this.#tables;
  }

  /** Uuid and point of a tile; null for a tombstone and for a tile that nobody has. Raises WireError. */
  async placeOf(tile: number): Promise<Place | null> {
    const { places } = await this.tables();
    this.#places ??= new PartSource(places, this.#base, decodePlaces, MAX_PLACES);
    const found = await this.#places.get(tile);
    const uuid = found?.part.uuidAt(found.row) ?? null;
    return found === null || uuid === null ? null : { uuid, index: found.part.pointAt(found.row) };
  }

  /** The tile of a uuid, or -1. Raises WireError. */
  async tileOf(uuid: string): Promise<number> {
    const bytes = parseUuid(uuid);
    if (bytes === null) return -1;
    const { lookup } = await this.tables();
    const { urls, delta } = lookup;
    if (urls.length === 0) return -1;
    const parts = [...urls, ...(delta === null ? [] : [delta.url])].map((url, first) => ({ url, first, n: 1 }));
    this.#lookup ??= new PartSource(parts, this.#base, (file, _part, url) => decodeLookup(file, url), MAX_LOOKUPS);
    const tile = (await this.#lookup.load(lookupNumber(bytes, lookup.bits))).tileOf(bytes);
    // What came since those files were written is in a file of its own.
    return tile >= 0 || delta === null ? tile : (await this.#lookup.load(urls.length)).tileOf(bytes);
  }

  /** The tiles nearest to a tile, nearest first. Raises WireError. */
  async nearestOf(tile: number): Promise<readonly NearTile[]> {
    const tables = await this.tables();
    for (const patch of await this.#loadPatches(tables)) {
      const corrected = patch.nearestOf(tile);
      if (corrected !== null) return corrected;
    }
    this.#neighbours ??= new PartSource(tables.neighbours, this.#base, decodeNeighbours, MAX_NEIGHBOURS);
    const found = await this.#neighbours.get(tile);
    return found === null ? [] : found.part.nearestOf(found.row);
  }

  /** All patches, the latest first. */
  #loadPatches(tables: Tables): Promise<readonly NeighbourPatch[]> {
    if (this.#patches === null) {
      const urls = tables.neighbour_patches.map((name) => new URL(name, this.#base).href).reverse();
      this.#patches = Promise.all(urls.map(async (url) => decodeNeighbourPatch(await fetchBytes(url), url)));
      this.#patches.catch(() => { this.#patches = null; });
    }
    return this.#patches;
  }
}
