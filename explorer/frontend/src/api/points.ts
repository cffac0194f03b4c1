import { WireError } from "./errors";
import type { Column, ColumnName, Manifest } from "./wire";

const HEADER_BYTES = 16;

/** The columns of all points, in the file's order (a Morton curve), as views on the file's bytes: nothing is copied. */
export interface Points {
  readonly n: number;
  /** (n, 3) quantized: coordinate = origin + q / 65535 * extent. */
  readonly position: Uint16Array;
  /** Index into the manifest's clusters. */
  readonly cluster: Uint8Array;
  /** (n, 3) mean colour, sRGB. */
  readonly colour: Uint8Array;
  /** 128 is square; width / height = 2 ** ((aspect - 128) / 32). */
  readonly aspect: Uint8Array;
  readonly flags: Uint8Array;
  /** atlas << 16 | slot. */
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

/** Checks magic, version and count of a binary file of ours. Raises WireError. */
export function checkHeader(bytes: Uint8Array, magic: string, n: number, url: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const came = bytes.byteLength < HEADER_BYTES ? "nothing" : String.fromCharCode(...bytes.subarray(0, 4));
  if (came !== magic || view.getUint16(4, true) !== 1) {
    throw new WireError("format", url, `Expected ${magic} version 1 from ${url}, got ${JSON.stringify(came)}. Publish the galaxy again.`);
  }
  if (view.getUint32(8, true) !== n) {
    throw new WireError("format", url, `Expected ${n} rows in ${url}, it holds ${view.getUint32(8, true)}. Publish the galaxy again.`);
  }
}

/**
 * The points file as typed arrays. Runs on the main thread on purpose: decompression is the browser's own and off the
 * thread, and what is left are views, no copies (under 1 ms for 81,000 points). Raises WireError.
 */
export function decodePoints(file: Uint8Array, table: Manifest["points"], url: string): Points {
  checkHeader(file, "GLXP", table.n, url);
  // Views of 2 and 4 bytes need an aligned start.
  const bytes = file.byteOffset % 4 === 0 ? file : file.slice();
  const column = (name: ColumnName): [buffer: ArrayBufferLike, offset: number, length: number] => {
    const [dtype, components] = WANTED[name];
    const found = table.columns.find((candidate) => candidate.name === name);
    if (found?.dtype !== dtype || found.components !== components) {
      throw new WireError("format", url, `Expected a column ${name} of ${components} × ${dtype} in ${url}. Publish the galaxy again.`);
    }
    const length = table.n * components;
    if (found.offset % 4 !== 0 || found.offset + length * BYTES_OF[dtype] > bytes.byteLength) {
      throw new WireError("format", url, `Expected column ${name} at offset ${found.offset} of ${url}, the file has ${bytes.byteLength} bytes.`);
    }
    return [bytes.buffer, bytes.byteOffset + found.offset, length];
  };
  return {
    n: table.n,
    position: new Uint16Array(...column("position")),
    cluster: new Uint8Array(...column("cluster")),
    colour: new Uint8Array(...column("colour")),
    aspect: new Uint8Array(...column("aspect")),
    flags: new Uint8Array(...column("flags")),
    tile: new Uint32Array(...column("tile")),
  };
}
