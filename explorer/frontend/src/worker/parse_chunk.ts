import { decodeChunk } from "../api/chunks";
import { fetchBytes, type OnBytes } from "../api/http";
import type { Column } from "../api/wire";
import { ballsOf } from "../math/blocks";
import { dequantize } from "../math/quantise";

/** One chunk to fetch and to make ready. Plain data: it goes to a worker. */
export interface ChunkJob {
  /** Absolute. */
  readonly url: string;
  readonly n: number;
  readonly columns: readonly Column[];
  readonly origin: readonly [number, number, number];
  readonly extent: number;
}

/** A node's points, ready to be laid into the columns of all points. Its arrays share two buffers. */
export interface ParsedChunk {
  /** (n, 3) float32 in the galaxy's unit. */
  readonly positions: Float32Array;
  /** (blocks, 4): the ball around every run of 256 points. */
  readonly balls: Float32Array;
  readonly cluster: Uint8Array;
  readonly colour: Uint8Array;
  readonly aspect: Uint8Array;
  readonly flags: Uint8Array;
  readonly tile: Uint32Array;
}

/** Fetches, unpacks, checks and dequantises a chunk. Raises WireError. */
export async function parseChunk(job: ChunkJob, onBytes: OnBytes): Promise<ParsedChunk> {
  const file = await fetchBytes(job.url, { onBytes });
  const { position, cluster, colour, aspect, flags, tile } = decodeChunk(file, job.columns, job.n, job.url);
  const positions = dequantize(position, job.origin, job.extent);
  return { positions, balls: ballsOf(positions), cluster, colour, aspect, flags, tile };
}
