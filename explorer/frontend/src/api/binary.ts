import { WireError } from "./errors";
import { FORMAT_VERSION } from "./wire";

/** Bytes before the first row of every binary file of ours. */
export const HEADER_BYTES = 16;

export interface Header {
  /** Rows in the file. */
  readonly n: number;
  /** The last number of the header: features in a file of codes, else 0. */
  readonly last: number;
}

/** Reads magic, version and count of a binary file of ours. Raises WireError. */
export function readHeader(bytes: Uint8Array, magic: string, url: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLong = bytes.byteLength >= HEADER_BYTES;
  const came = isLong ? `${String.fromCharCode(...bytes.subarray(0, 4))} version ${view.getUint16(4, true)}` : `${bytes.byteLength} bytes`;
  if (came !== `${magic} version ${FORMAT_VERSION}`) {
    throw new WireError("format", url, `Expected ${magic} version ${FORMAT_VERSION} from ${url}, got ${JSON.stringify(came)}. Publish the galaxy again.`);
  }
  return { n: view.getUint32(8, true), last: view.getUint32(12, true) };
}

/** As `readHeader`, and checks how many rows the file says it has. Raises WireError. */
export function checkHeader(bytes: Uint8Array, magic: string, n: number, url: string): Header {
  const header = readHeader(bytes, magic, url);
  if (header.n !== n) throw new WireError("format", url, `Expected ${n} rows in ${url}, it holds ${header.n}. Publish the galaxy again.`);
  return header;
}

/** Checks that a file has the bytes that its rows need. Raises WireError. */
export function checkLength(bytes: Uint8Array, expected: number, url: string): void {
  if (bytes.byteLength >= expected) return;
  throw new WireError("format", url, `Expected ${expected} bytes in ${url}, it has ${bytes.byteLength}. Publish the galaxy again.`);
}

/** The same bytes at an address that views of 2 and 4 bytes can start from. */
export function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}
