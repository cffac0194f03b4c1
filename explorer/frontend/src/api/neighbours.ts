import { aligned, checkHeader, checkLength, HEADER_BYTES, readHeader } from "./binary";
import { NONE } from "./places";
import type { Part } from "./wire";

/** Neighbours that the artifact holds of each tile. */
export const N_NEIGHBOURS = 12;

/** A tile near another. */
export interface NearTile {
  readonly tile: number;
  /** Cosine of the two images' features, 0 to 1. */
  readonly similarity: number;
}

/** The nearest tiles of consecutive tiles, by row. */
export interface NeighboursPart {
  nearestOf(row: number): readonly NearTile[];
}

/** Corrections of single tiles: null for a tile that this patch does not speak of. */
export interface NeighbourPatch {
  nearestOf(tile: number): readonly NearTile[] | null;
}

/** A part of the neighbours. Raises WireError. */
export function decodeNeighbours(file: Uint8Array, part: Part, url: string): NeighboursPart {
  checkHeader(file, "GLXN", part.n, url);
  return { nearestOf: rowsAt(aligned(file), HEADER_BYTES, part.n, url) };
}

/** A patch of the neighbours. Raises WireError. */
export function decodeNeighbourPatch(file: Uint8Array, url: string): NeighbourPatch {
  const { n } = readHeader(file, "GLXQ", url);
  checkLength(file, HEADER_BYTES + 4 * n, url);
  const bytes = aligned(file);
  const tiles = new Uint32Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, n);
  const nearestOf = rowsAt(bytes, HEADER_BYTES + 4 * n, n, url);
  return {
    nearestOf: (tile) => {
      const row = tiles.indexOf(tile);
      return row < 0 ? null : nearestOf(row);
    },
  };
}

function rowsAt(bytes: Uint8Array, offset: number, n: number, url: string): (row: number) => NearTile[] {
  checkLength(bytes, offset + n * N_NEIGHBOURS * 5, url);
  const start = bytes.byteOffset + offset;
  const tiles = new Uint32Array(bytes.buffer, start, n * N_NEIGHBOURS);
  const cosines = new Uint8Array(bytes.buffer, start + 4 * n * N_NEIGHBOURS, n * N_NEIGHBOURS);
  return (row) => {
    const found: NearTile[] = [];
    for (let i = row * N_NEIGHBOURS; i < (row + 1) * N_NEIGHBOURS; i += 1) {
      if (tiles[i] !== NONE) found.push({ tile: tiles[i]!, similarity: cosines[i]! / 255 });
    }
    return found;
  };
}
