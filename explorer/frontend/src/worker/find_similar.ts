import { decodeCodes, type CodesPart } from "../api/codes";
import type { OnBytes } from "../api/http";
import { PartSource } from "../api/parts";
import type { Part } from "../api/wire";
import { Best, findSimilar } from "../math/similar";

const AT_ONCE = 4;

/** A search through the codes of all images. Plain data: it goes to a worker. */
export interface SimilarJob {
  /** What the parts' names resolve against: absolute. */
  readonly base: string;
  readonly parts: readonly Part[];
  readonly n_features: number;
  /** The tile that the others are to be like. */
  readonly tile: number;
  /** Most tiles that are wanted. */
  readonly limit: number;
  /** What a cosine must be above. */
  readonly least: number;
}

/** The tiles whose codes are most alike, the best first, the tile itself among them. */
export interface SimilarTiles {
  readonly tiles: Uint32Array;
  readonly cosines: Float64Array;
}

/** Goes through the codes of all tiles, a few parts at a time; none is kept, the browser has them. `onBytes` hears of the codes compared. Raises WireError, or what `signal` gives as its reason. */
export async function findSimilarTiles(job: SimilarJob, onBytes: OnBytes, signal: AbortSignal): Promise<SimilarTiles> {
  const { parts, n_features } = job;
  const best = new Best(job.limit, job.least);
  const source = new PartSource<CodesPart>(parts, job.base, decodeCodes, AT_ONCE);
  const own = await source.get(job.tile);
  if (own !== null) {
    onBytes(0, n_features * parts.reduce((sum, part) => sum + part.n, 0));
    const query = own.part.features.slice(own.row * n_features, (own.row + 1) * n_features);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < parts.length) {
        signal.throwIfAborted();
        const { features, first } = await source.load(next++);
        findSimilar(query, features, first, best);
        onBytes(features.length, 0);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
  return { tiles: Uint32Array.from(best.tiles), cosines: Float64Array.from(best.cosines) };
}
