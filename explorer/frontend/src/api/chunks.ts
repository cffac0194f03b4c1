import { aligned, checkHeader, checkLength, HEADER_BYTES } from "./binary";
import { WireError } from "./errors";
import type { Column, ColumnName, ExtraName, Manifest } from "./wire";

/** The columns of one node's points, as views on the file's bytes: nothing is copied. */
export interface Chunk {
  readonly n: number;
  /** (n, 3) quantized: coordinate = origin + q / 65535 * extent. */
  readonly position: Uint16Array;
  readonly cluster: Uint8Array;
  /** (n, 3) mean colour, sRGB. */
  readonly colour: Uint8Array;
  readonly aspect: Uint8Array;
  readonly flags: Uint8Array;
  readonly tile: Uint32Array;
}

const WANTED: Readonly<Record<ColumnName, readonly [dtype: Column["dtype"], components: number]>> = {
  position: ["uint16", 3],
  cluster: ["uint8", 1],
  colour: ["uint8", 3],
  aspect: ["uint8", 1],
  flags: ["uint8", 1],
  tile: ["uint32", 1],
};

const BYTES_OF = { uint8: 1, uint16: 2, uint32: 4 } as const;

/** A node's chunk as typed arrays. Columns that we do not know are passed over. Raises WireError. */
export function decodeChunk(file: Uint8Array, columns: readonly Column[], n: number, url: string): Chunk {
  checkHeader(file, "GLXP", n, url);
  const bytes = aligned(file);
  const offsets = new Map<string, number>();
  let end = HEADER_BYTES;
  for (const { name, dtype, components } of columns) {
    const start = Math.ceil(end / 4) * 4;
    offsets.set(name, start);
    end = start + n * components * BYTES_OF[dtype];
  }
  checkLength(bytes, end, url);
  const column = (name: ColumnName): [buffer: ArrayBufferLike, offset: number, length: number] => {
    const [dtype, components] = WANTED[name];
    const found = columns.find((candidate) => candidate.name === name);
    if (found?.dtype !== dtype || found.components !== components) {
      throw new WireError("format", url, `Expected a column ${name} of ${components} × ${dtype} in ${url}. Publish the galaxy again.`);
    }
    return [bytes.buffer, bytes.byteOffset + offsets.get(name)!, n * components];
  };
  return {
    n,
    position: new Uint16Array(...column("position")),
    cluster: new Uint8Array(...column("cluster")),
    colour: new Uint8Array(...column("colour")),
    aspect: new Uint8Array(...column("aspect")),
    flags: new Uint8Array(...column("flags")),
    tile: new Uint32Array(...column("tile")),
  };
}

/** Days since 1970-01-01 of a point whose time nobody knows. */
export const TIME_UNKNOWN = -(2 ** 31);

/** What an extra column holds once it is decoded: places on the plane, (n, 2) float32; days since 1970-01-01, (n) int32. */
export interface Extras {
  readonly flat: Float32Array;
  readonly time: Int32Array;
}

/** A node's extra column, in the order of its points. Raises WireError. */
export function decodeExtra<Name extends ExtraName>(name: Name, file: Uint8Array, n: number, flat: Manifest["flat"], url: string): Extras[Name] {
  checkHeader(file, "GLXE", n, url);
  checkLength(file, HEADER_BYTES + 4 * n, url);
  const bytes = aligned(file);
  const decoded = name === "time" ? new Int32Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, n) : decodeFlat(bytes, n, flat, url);
  return decoded as Extras[Name];
}

function decodeFlat(bytes: Uint8Array, n: number, flat: Manifest["flat"], url: string): Float32Array {
  if (flat === null) throw new WireError("format", url, `Expected the square of the flat layout in the manifest, found none. Publish the galaxy again.`);
  const quantized = new Uint16Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, 2 * n);
  const step = flat.extent / 65535;
  return Float32Array.from(quantized, (value, i) => flat.origin[i % 2]! + value * step);
}
