import type { WireErrorKind } from "../api/errors";
import type { ChunkJob, ParsedChunk } from "./parse_chunk";

/** From the page to the worker. */
export interface Request {
  readonly id: number;
  readonly job: ChunkJob;
}

/** From the worker to the page: bytes on the way, then the end of one kind or the other. */
export type Answer =
  | { readonly id: number; readonly kind: "bytes"; readonly arrived: number; readonly expected: number }
  | { readonly id: number; readonly kind: "parsed"; readonly chunk: ParsedChunk }
  | { readonly id: number; readonly kind: "failed"; readonly error: { readonly kind: WireErrorKind; readonly url: string; readonly message: string } };
