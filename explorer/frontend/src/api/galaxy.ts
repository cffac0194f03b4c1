import { DetailsSource } from "./details";
import { fetchBytes, fetchJson, type OnBytes } from "./http";
import { decodeIds, type ImageIds } from "./ids";
import { readManifest, readPointer } from "./manifest";
import { decodePoints, type Points } from "./points";
import type { Manifest } from "./wire";

/** A publication, loaded: all that is drawn without asking again. Immutable. */
export interface Galaxy {
  readonly manifest: Manifest;
  readonly points: Points;
  readonly ids: ImageIds;
  readonly details: DetailsSource;
  /** What the names in the manifest resolve against: the pointer's folder. */
  readonly base: string;
}

/** Loads a publication, pointer first. `onBytes` hears of the bytes as they arrive. Raises WireError. */
export async function loadGalaxy(pointerUrl: string, signal: AbortSignal, onBytes: OnBytes): Promise<Galaxy> {
  const base = new URL(pointerUrl, document.baseURI).href;
  const absolute = (name: string): string => new URL(name, base).href;
  const pointer = readPointer(await fetchJson(base, { signal, fresh: true }), base);
  const manifestUrl = absolute(pointer.manifest);
  const manifest = readManifest(await fetchJson(manifestUrl, { signal }), manifestUrl);
  const pointsUrl = absolute(manifest.points.url);
  const idsUrl = absolute(manifest.ids.url);
  const [pointsFile, idsFile] = await Promise.all([fetchBytes(pointsUrl, { signal, onBytes }), fetchBytes(idsUrl, { signal, onBytes })]);
  return {
    manifest,
    points: decodePoints(pointsFile, manifest.points, pointsUrl),
    ids: decodeIds(idsFile, manifest.points.n, idsUrl),
    details: new DetailsSource(manifest.details, base),
    base,
  };
}
