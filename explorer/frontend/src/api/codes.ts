import { checkHeader, checkLength, HEADER_BYTES } from "./binary";
import type { Part } from "./wire";

/** The codes of consecutive tiles: the cosine of two rows approximates that of the images. */
export interface CodesPart {
  readonly first: number;
  readonly n: number;
  readonly n_features: number;
  /** (n, n_features); zeros: nothing is known. */
  readonly features: Int8Array;
}

/** A part of the codes. Raises WireError. */
export function decodeCodes(file: Uint8Array, part: Part, url: string): CodesPart {
  const { last: n_features } = checkHeader(file, "GLXC", part.n, url);
  checkLength(file, HEADER_BYTES + part.n * n_features, url);
  const features = new Int8Array(file.buffer, file.byteOffset + HEADER_BYTES, part.n * n_features);
  return { first: part.first, n: part.n, n_features, features };
}
