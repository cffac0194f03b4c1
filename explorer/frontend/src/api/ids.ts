import { WireError } from "./errors";
import { checkHeader } from "./points";

const HEADER_BYTES = 16;
const UUID_BYTES = 16;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The image uuids in point order. Links and addresses carry uuids, never point numbers. */
export class ImageIds {
  readonly n: number;
  readonly #bytes: Uint8Array;

  /** `bytes`: n × 16, each uuid's bytes in its written order. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.n = bytes.byteLength / UUID_BYTES;
  }

  /** The uuid of a point, as written: 8-4-4-4-12 lower-case hex. */
  uuidAt(index: number): string {
    let text = "";
    for (let i = 0; i < UUID_BYTES; i += 1) {
      text += HEX[this.#bytes[index * UUID_BYTES + i]!]!;
      if (i === 3 || i === 5 || i === 7 || i === 9) text += "-";
    }
    return text;
  }

  /** The point of a uuid, or -1. A plain scan: 3 ms at a million, and no table of a million strings. */
  indexOf(uuid: string): number {
    const wanted = parseUuid(uuid);
    if (wanted === null) return -1;
    const bytes = this.#bytes;
    for (let index = 0, at = 0; index < this.n; index += 1, at += UUID_BYTES) {
      let i = 0;
      while (i < UUID_BYTES && bytes[at + i] === wanted[i]) i += 1;
      if (i === UUID_BYTES) return index;
    }
    return -1;
  }
}

/** The 16 bytes of a written uuid, or null for anything else. */
export function parseUuid(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return null;
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: UUID_BYTES }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** The ids file. Raises WireError. */
export function decodeIds(file: Uint8Array, n: number, url: string): ImageIds {
  checkHeader(file, "GLXI", n, url);
  if (file.byteLength !== HEADER_BYTES + n * UUID_BYTES) {
    throw new WireError("format", url, `Expected ${n} uuids in ${url}, it has ${file.byteLength} bytes. Publish the galaxy again.`);
  }
  return new ImageIds(file.subarray(HEADER_BYTES));
}
