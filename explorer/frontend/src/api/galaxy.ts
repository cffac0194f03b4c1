import { Background } from "../worker/background";
import type { Extras } from "./chunks";
import type { SimilarTiles } from "../worker/find_similar";
import { DetailsSource } from "./details";
import { WireError } from "./errors";
import { fetchJson, type OnBytes } from "./http";
import { readManifest, readPointer } from "./manifest";
import { addressOf } from "./names";
import { Nodes } from "./nodes";
import { emptyPoints, type Points } from "./points";
import { Tiles, type Place } from "./tiles";
import { FLAG_TOMBSTONE, type ExtraName, type Manifest, type Pointer, type Tables } from "./wire";

/** A picture near another. Its node is loaded: it can be flown to. */
export interface Neighbour extends Place {
  /** Cosine of the two images' features, 0 to 1. */
  readonly similarity: number;
}

/**
 * A publication. The point number is what all of the page knows a picture by; uuids are for links, and come with the places.
 * What is withdrawn is a tombstone to all of its methods.
 */
export interface Galaxy {
  /** The manifest's name in the pointer: another publication, another name. */
  readonly name: string;
  readonly manifest: Manifest;
  /** What the names in manifest and tables resolve against: the pointer's folder. */
  readonly base: string;
  readonly points: Points;
  readonly nodes: Nodes;
  readonly details: DetailsSource;
  /** Whether the point's row in `points` has come. */
  isLoaded(index: number): boolean;
  /** Whether the point has come and may be shown. */
  isShown(index: number): boolean;
  /** Whether an image is known to be withdrawn, from the moment that somebody asks to hide it. */
  isWithdrawn(uuid: string): boolean;
  /** Raises WireError, as all that follow. */
  tables(): Promise<Tables>;
  /** The uuid of a point that may be shown. */
  uuidOf(index: number): Promise<string>;
  /** The point of a uuid, its node loaded; -1: unknown or withdrawn. */
  find(uuid: string): Promise<number>;
  /** Uuid and point of a tile, its node loaded; null: tombstone, withdrawn or no such tile. */
  placeOf(tile: number): Promise<Place | null>;
  /** Up to 12 pictures like this one, nearest first. */
  neighboursOf(index: number): Promise<readonly Neighbour[]>;
  /** The tiles most like a point's by their codes, up to `limit` with a cosine above `least`, the best first, its own among them. `onBytes` hears of the codes compared. */
  similarTo(index: number, limit: number, least: number, onBytes: OnBytes, signal: AbortSignal): Promise<SimilarTiles>;
  /** Makes tombstones of withdrawn images, as far as they are in it. Fetches what leads from uuids to tiles, and that only for new ones. */
  hide(uuids: readonly string[]): Promise<void>;
  /** An extra column of a node, in the order of its points; null: the galaxy has none. */
  loadColumn<Name extends ExtraName>(name: Name, node: number): Promise<Extras[Name] | null>;
}

/** Puts a galaxy together of which nothing but the manifest has come. */
export function makeGalaxy(name: string, manifest: Manifest, base: string, background: Background): Galaxy {
  const tiles = new Tiles(manifest.tables, base);
  const points = emptyPoints(manifest.n_points);
  const nodes = new Nodes(manifest, base, points, background);
  const withdrawn = new Set<string>();
  /** Those of them whose tiles are hidden: a file that did not come is asked for again the next time. */
  const hidden = new Set<string>();
  const isShown = (index: number): boolean => (points.flags[index]! & FLAG_TOMBSTONE) === 0;

  const placeOf = async (tile: number): Promise<Place | null> => {
    const place = nodes.isHidden(tile) ? null : await tiles.placeOf(tile);
    if (place === null || place.index < 0) return null;
    await nodes.loadPoint(place.index);
    return isShown(place.index) ? place : null;
  };
  const tileAndUuidOf = async (index: number): Promise<{ uuid: string; tile: number }> => {
    await nodes.loadPoint(index);
    const tile = points.tile[index]!;
    const place = isShown(index) ? await tiles.placeOf(tile) : null;
    if (place?.index !== index) {
      throw new WireError("format", base, `Expected the uuid of point ${index}, tile ${tile} has ${place === null ? "none" : `point ${place.index}`}. Reload the page.`);
    }
    return { uuid: place.uuid, tile };
  };
  return {
    name,
    manifest,
    base,
    points,
    nodes,
    details: new DetailsSource(tiles, base, tileAndUuidOf),
    isLoaded: (index) => nodes.isLoaded(nodes.nodeOf(index)),
    isShown,
    isWithdrawn: (uuid) => withdrawn.has(uuid),
    tables: () => tiles.tables(),
    uuidOf: async (index) => (await tileAndUuidOf(index)).uuid,
    find: async (uuid) => {
      const tile = await tiles.tileOf(uuid);
      return tile < 0 ? -1 : ((await placeOf(tile))?.index ?? -1);
    },
    placeOf,
    neighboursOf: async (index) => {
      await nodes.loadPoint(index);
      const near = await tiles.nearestOf(points.tile[index]!);
      const found = await Promise.all(near.map(async ({ tile, similarity }) => ({ place: await placeOf(tile), similarity })));
      return found.flatMap(({ place, similarity }) => (place === null ? [] : [{ ...place, similarity }]));
    },
    similarTo: async (index, limit, least, onBytes, signal) => {
      await nodes.loadPoint(index);
      const { parts, n_features } = (await tiles.tables()).codes;
      return background.do("similar", { base, parts, n_features, tile: points.tile[index]!, limit, least }, onBytes, signal);
    },
    hide: async (uuids) => {
      for (const uuid of uuids) withdrawn.add(uuid);
      const wanted = uuids.filter((uuid) => !hidden.has(uuid));
      if (wanted.length === 0) return;
      nodes.hide(await tiles.tilesOf(wanted));
      for (const uuid of wanted) hidden.add(uuid);
    },
    loadColumn: (name, node) => nodes.loadColumn(name, node),
  };
}

/** What the pointer says now, whatever the browser remembers. Raises WireError. */
export async function fetchPointer(url: string, signal?: AbortSignal): Promise<Pointer> {
  return readPointer(await fetchJson(url, { fresh: true, ...(signal === undefined ? {} : { signal }) }), url);
}

/**
 * Opens a publication: pointer, manifest and the octree's root, which already is a galaxy; all else comes when it is needed.
 * `onBytes` hears of the root's bytes as they arrive. Raises WireError.
 *
 * @param workerUrl - where explorer-worker.js lies; null: parse on this thread
 */
export async function loadGalaxy(pointerUrl: string, workerUrl: string | null, signal: AbortSignal, onBytes: OnBytes): Promise<Galaxy> {
  const base = new URL(pointerUrl, document.baseURI).href;
  const background = new Background(workerUrl === null ? null : new URL(workerUrl, document.baseURI).href);
  try {
    const pointer = await fetchPointer(base, signal);
    const manifestUrl = addressOf(pointer.manifest, base);
    const manifest = readManifest(await fetchJson(manifestUrl, { signal, onBytes }), manifestUrl);
    const galaxy = makeGalaxy(pointer.manifest, manifest, base, background);
    // Before anything is drawn: what is withdrawn must not be seen for a moment.
    await galaxy.hide(pointer.withdrawn);
    if (manifest.nodes.length > 0) await galaxy.nodes.load(0, onBytes);
    return galaxy;
  } catch (error) {
    background.dispose();
    throw error;
  }
}
