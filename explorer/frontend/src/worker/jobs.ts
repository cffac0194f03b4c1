import type { OnBytes } from "../api/http";
import { findSimilarTiles, type SimilarJob, type SimilarTiles } from "./find_similar";
import { parseChunk, type ChunkJob, type ParsedChunk } from "./parse_chunk";

/** What is done beside the page's thread: each with what it is given, and what comes of it. */
export interface Jobs {
  readonly chunk: { readonly job: ChunkJob; readonly result: ParsedChunk };
  readonly similar: { readonly job: SimilarJob; readonly result: SimilarTiles };
}
export type JobKind = keyof Jobs;

type Perform<Kind extends JobKind> = (job: Jobs[Kind]["job"], onBytes: OnBytes, signal: AbortSignal) => Promise<Jobs[Kind]["result"]>;

const PERFORM: { readonly [Kind in JobKind]: Perform<Kind> } = { chunk: parseChunk, similar: findSimilarTiles };

/** Does a job: the same code in the worker and, where there is none, on the page. Raises WireError, or what `signal` gives as its reason. */
export function perform<Kind extends JobKind>(kind: Kind, job: Jobs[Kind]["job"], onBytes: OnBytes, signal: AbortSignal): Promise<Jobs[Kind]["result"]> {
  return PERFORM[kind](job, onBytes, signal);
}
