import { PAGE_SIZE, PointPool } from "./point_pool";
import { SHARP_BYTES } from "./sharp_layers";
import { TextureArray } from "./texture_array";
import { ATLAS_SIDE } from "./atlas_layers";

const MEGABYTE = 2 ** 20;
/** A galaxy of up to so many points is drawn whole, on every machine. */
const WHOLE_UP_TO = 100_000;
/** Decoded atlases that may wait for their turn, of both levels together. */
const N_WAITING = 6;

/** What the scene may take, by the kind of machine. Bytes are by our own count: textures, the pool, pictures on their way. */
export interface Budget {
  readonly totalBytes: number;
  readonly maxPages: number;
  /** Layers for atlases of 16 px, for atlases of 64 px, and for sharp renditions. */
  readonly nSmall: number;
  readonly nTiles: number;
  readonly nSharp: number;
  /** Pictures drawn at once by the pictures' own pass. */
  readonly maxPictures: number;
}

/** Whether it is held in a hand: fingers, or a small screen. */
export function isPhone(page: Window): boolean {
  return page.matchMedia("(pointer: coarse)").matches || Math.min(page.screen.width, page.screen.height) < 600;
}

/**
 * Shares the stated budget out: 256 MB on a desktop, 96 MB on a phone.
 *
 * @param nodes - of the galaxy: their points say how many pages hold all of it
 */
export function budgetOf(phone: boolean, nPoints: number, nodes: readonly { readonly n: number }[]): Budget {
  const totalBytes = (phone ? 96 : 256) * MEGABYTE;
  const maxPoints = phone ? 64_000 : 160_000;
  const pagesForAll = nodes.reduce((sum, node) => sum + PointPool.pagesOf(node.n), 0);
  const affordable = Math.max(Math.ceil(maxPoints / PAGE_SIZE), PointPool.pagesOf(nodes[0]?.n ?? 0));
  const maxPages = Math.max(1, nPoints <= WHOLE_UP_TO ? pagesForAll : Math.min(pagesForAll, affordable));
  const nSharp = phone ? 10 : 24;
  const nSmall = phone ? 5 : 16;
  const atlasBytes = TextureArray.bytes(ATLAS_SIDE, ATLAS_SIDE, 1);
  const waiting = N_WAITING * 4 * ATLAS_SIDE ** 2;
  const left = totalBytes - PointPool.bytes(maxPages) - nSharp * SHARP_BYTES - nSmall * atlasBytes - waiting;
  return { totalBytes, maxPages, nSharp, nSmall, nTiles: Math.max(1, Math.floor(left / atlasBytes)), maxPictures: phone ? 1500 : 4000 };
}
