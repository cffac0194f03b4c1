import { aligned, checkHeader, checkLength, HEADER_BYTES, readHeader } from "./binary";
import { compareUuid, UUID_BYTES, writeUuid } from "./uuids";
import type { Part } from "./wire";

/** What a table of points or tiles says where there is none. */
export const NONE = 0xffffffff;

/** Uuid and point of consecutive tiles. */
export interface PlacesPart {
  /** The uuid of a row, as written, or null for a tombstone. */
  uuidAt(row: number): string | null;
  /** The point of a row, or -1 for a tombstone. */
  pointAt(row: number): number;
}

/** A part of the places. Raises WireError. */
export function decodePlaces(file: Uint8Array, part: Part, url: string): PlacesPart {
  checkHeader(file, "GLXI", part.n, url);
  checkLength(file, HEADER_BYTES + part.n * (UUID_BYTES + 4), url);
  const bytes = aligned(file);
  const uuids = bytes.subarray(HEADER_BYTES, HEADER_BYTES + part.n * UUID_BYTES);
  const points = new Uint32Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES + part.n * UUID_BYTES, part.n);
  const pointAt = (row: number): number => (points[row] === NONE ? -1 : points[row]!);
  return { pointAt, uuidAt: (row) => (pointAt(row) < 0 ? null : writeUuid(uuids, row * UUID_BYTES)) };
}

/** One file of the lookup: uuids in ascending order, each with its tile. */
export interface LookupFile {
  /** The tile of a uuid, or -1. */
  tileOf(uuid: Uint8Array): number;
}

/** The file of the lookup that a uuid is in: the top bits of its last byte say. */
export function lookupNumber(uuid: Uint8Array, bits: number): number {
  return uuid[UUID_BYTES - 1]! >> (8 - bits);
}

/** A file of the lookup. Raises WireError. */
export function decodeLookup(file: Uint8Array, url: string): LookupFile {
  const { n } = readHeader(file, "GLXU", url);
  checkLength(file, HEADER_BYTES + n * (UUID_BYTES + 4), url);
  const bytes = aligned(file);
  const uuids = bytes.subarray(HEADER_BYTES, HEADER_BYTES + n * UUID_BYTES);
  const tiles = new Uint32Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES + n * UUID_BYTES, n);
  return {
    tileOf: (uuid) => {
      let low = 0;
      let high = n;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compareUuid(uuids, middle * UUID_BYTES, uuid) < 0) low = middle + 1;
        else high = middle;
      }
      return low < n && compareUuid(uuids, low * UUID_BYTES, uuid) === 0 ? tiles[low]! : -1;
    },
  };
}
