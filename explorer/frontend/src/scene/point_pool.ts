import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Sphere } from "three";
import type { Galaxy } from "../api/galaxy";
import { FLAG_TOMBSTONE } from "../api/wire";
import { BLOCK_SIZE, mayShow, type Rect } from "../math/blocks";
import { NO_PLACE } from "../math/part_index";
import type { Projection } from "../math/project";

/** Points of one page: the pool gives and takes space by pages. */
export const PAGE_SIZE = 1024;
/** Bytes of a point in the pool: three float32 of position, three uint32, and its place in the index. */
const BYTES_PER_POINT = 28;
/** Blocks of a page: they are what is left out where it is out of sight. */
const BLOCKS_PER_PAGE = PAGE_SIZE / BLOCK_SIZE;
const WORDS = 3;

/** Bits of a point's first word, over cluster (8 bits) and aspect (8 bits). */
const DEAD = 1 << 16;
const DIMMED = 1 << 17;

/** What a point shows when it is small: the place of its tile in the atlases of 16 px, as `PartIndex.placeOf` packs it. */
export type TilePlace = (tile: number) => number;

/**
 * The points on the graphics card: pages of 1,024, each owned by one node of the octree, all in one geometry and so one draw
 * call. What is on the card is what is drawn, picked and counted: `blocks.shown` says so for each of its blocks. The index names the
 * blocks that are in sight: within a galaxy most are not.
 */
export class PointPool {
  readonly geometry = new BufferGeometry();
  readonly maxPages: number;
  /** Points on the card that may be shown. */
  nPoints = 0;
  readonly #galaxy: Galaxy;
  readonly #position: BufferAttribute;
  readonly #words: BufferAttribute;
  readonly #index: BufferAttribute;
  /** Per block of the pool: whether the index names it. */
  readonly #inSight: Uint8Array;
  readonly #screen: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };
  #isStale = true;
  /** Per page: the node that owns it, or -1, and which of the node's pages it is. */
  readonly #owner: Int32Array;
  readonly #part: Uint16Array;
  /** Per node: pages that it has on the card; 0: it is not there. */
  readonly #nPages: Uint16Array;
  readonly #nShown: Uint32Array;
  #tilePlace: TilePlace = () => NO_PLACE;
  #matches: Uint8Array | null = null;
  readonly #ending: () => void;

  constructor(galaxy: Galaxy, maxPages: number) {
    this.#galaxy = galaxy;
    this.maxPages = maxPages;
    this.#owner = new Int32Array(maxPages).fill(-1);
    this.#part = new Uint16Array(maxPages);
    this.#nPages = new Uint16Array(galaxy.nodes.list.length);
    this.#nShown = new Uint32Array(galaxy.nodes.list.length);
    this.#position = new BufferAttribute(new Float32Array(3 * PAGE_SIZE * maxPages), 3);
    this.#words = new BufferAttribute(new Uint32Array(WORDS * PAGE_SIZE * maxPages), WORDS);
    this.#index = new BufferAttribute(new Uint32Array(PAGE_SIZE * maxPages), 1);
    this.#inSight = new Uint8Array(BLOCKS_PER_PAGE * maxPages);
    for (const attribute of [this.#position, this.#words, this.#index]) attribute.setUsage(DynamicDrawUsage);
    this.geometry.setAttribute("position", this.#position);
    this.geometry.setAttribute("words", this.#words);
    this.geometry.setIndex(this.#index);
    this.geometry.setDrawRange(0, 0);
    // Never asked for, as nothing is culled; without it three.js would measure all points once.
    this.geometry.boundingSphere = new Sphere();
    galaxy.nodes.blocks.shown.fill(0);
    this.#ending = galaxy.nodes.onHidden(() => { this.#rewriteShown(); });
  }

  get bytes(): number {
    return PointPool.bytes(this.maxPages);
  }

  /** Of a pool of so many pages, on the card and here. */
  static bytes(maxPages: number): number {
    return 2 * BYTES_PER_POINT * PAGE_SIZE * maxPages;
  }

  static pagesOf(n: number): number {
    return Math.ceil(n / PAGE_SIZE);
  }

  has(node: number): boolean {
    return this.#nPages[node]! > 0;
  }

  get nFree(): number {
    let free = 0;
    for (let page = 0; page < this.maxPages; page += 1) if (this.#owner[page] === -1) free += 1;
    return free;
  }

  /** Puts a loaded node onto the card. There must be room (`nFree`). */
  add(node: number): void {
    const { n } = this.#galaxy.nodes.list[node]!;
    const wanted = PointPool.pagesOf(n);
    let part = 0;
    for (let page = 0; page < this.maxPages && part < wanted; page += 1) {
      if (this.#owner[page] !== -1) continue;
      this.#owner[page] = node;
      this.#part[page] = part;
      this.#writePositions(page);
      this.#writeWords(page);
      part += 1;
    }
    this.#nPages[node] = wanted;
    this.#nShown[node] = this.#countShown(node);
    this.nPoints += this.#nShown[node];
    this.#show(node, 1);
  }

  /** Takes a node off the card. */
  remove(node: number): void {
    for (let page = 0; page < this.maxPages; page += 1) if (this.#owner[page] === node) this.#owner[page] = -1;
    this.nPoints -= this.#nShown[node]!;
    this.#nPages[node] = 0;
    this.#show(node, 0);
  }

  /** Leaves out what lies off the screen or behind the camera. Before every frame. */
  cull(p: Projection): void {
    const { balls, ofNode } = this.#galaxy.nodes.blocks;
    this.#screen.x1 = p.width;
    this.#screen.y1 = p.height;
    for (let at = 0; at < this.#inSight.length; at += 1) {
      const page = Math.floor(at / BLOCKS_PER_PAGE);
      const node = this.#owner[page]!;
      const block = node < 0 ? Infinity : ofNode[node]! + this.#part[page]! * BLOCKS_PER_PAGE + (at % BLOCKS_PER_PAGE);
      const inSight = node >= 0 && block < ofNode[node + 1]! && mayShow(balls, block, p, this.#screen, Infinity) ? 1 : 0;
      if (inSight === this.#inSight[at]) continue;
      this.#inSight[at] = inSight;
      this.#isStale = true;
    }
    if (this.#isStale) this.#writeIndex();
  }

  /** Which points stay lit: by tile, 1 or 0; null: all. */
  setMatches(matches: Uint8Array | null): void {
    this.#matches = matches;
    this.#rewriteWords();
  }

  /** Says where tiles lie in the atlases of 16 px; until then points have none. */
  setTilePlace(tilePlace: TilePlace): void {
    this.#tilePlace = tilePlace;
    this.#rewriteWords();
  }

  /** Writes all positions anew, after `galaxy.points.positions` changed. */
  refresh(): void {
    for (let page = 0; page < this.maxPages; page += 1) if (this.#owner[page] !== -1) this.#writePositions(page);
  }

  dispose(): void {
    this.#ending();
    this.geometry.dispose();
    this.#galaxy.nodes.blocks.shown.fill(0);
  }

  #rewriteWords(): void {
    for (let page = 0; page < this.maxPages; page += 1) if (this.#owner[page] !== -1) this.#writeWords(page);
  }

  /** Some points may not be shown any more. */
  #rewriteShown(): void {
    this.#rewriteWords();
    this.nPoints = 0;
    for (let node = 0; node < this.#nShown.length; node += 1) {
      if (!this.has(node)) continue;
      const nShown = this.#countShown(node);
      this.#nShown[node] = nShown;
      this.nPoints += nShown;
    }
  }

  #firstOf(page: number): number {
    return this.#galaxy.nodes.list[this.#owner[page]!]!.first + this.#part[page]! * PAGE_SIZE;
  }

  #lastOf(page: number): number {
    const { first, n } = this.#galaxy.nodes.list[this.#owner[page]!]!;
    return Math.min(first + n, this.#firstOf(page) + PAGE_SIZE);
  }

  #writePositions(page: number): void {
    const [first, last] = [this.#firstOf(page), this.#lastOf(page)];
    (this.#position.array as Float32Array).set(this.#galaxy.points.positions.subarray(3 * first, 3 * last), 3 * PAGE_SIZE * page);
    this.#position.addUpdateRange(3 * PAGE_SIZE * page, 3 * (last - first));
    this.#position.needsUpdate = true;
  }

  #writeWords(page: number): void {
    const { cluster, colour, aspect, flags, tile } = this.#galaxy.points;
    const words = this.#words.array as Uint32Array;
    const [first, last] = [this.#firstOf(page), this.#lastOf(page)];
    const matches = this.#matches;
    let at = WORDS * PAGE_SIZE * page;
    for (let i = first; i < last; i += 1, at += WORDS) {
      const dead = (flags[i]! & FLAG_TOMBSTONE) === 0 ? 0 : DEAD;
      const dimmed = matches === null || matches[tile[i]!] === 1 ? 0 : DIMMED;
      words[at] = cluster[i]! | (aspect[i]! << 8) | dead | dimmed;
      words[at + 1] = colour[3 * i]! | (colour[3 * i + 1]! << 8) | (colour[3 * i + 2]! << 16);
      words[at + 2] = this.#tilePlace(tile[i]!);
    }
    this.#words.addUpdateRange(WORDS * PAGE_SIZE * page, WORDS * (last - first));
    this.#words.needsUpdate = true;
  }

  #countShown(node: number): number {
    const { first, n } = this.#galaxy.nodes.list[node]!;
    let shown = 0;
    for (let i = first; i < first + n; i += 1) if (this.#galaxy.isShown(i)) shown += 1;
    return shown;
  }

  #show(node: number, shown: 0 | 1): void {
    const { blocks } = this.#galaxy.nodes;
    blocks.shown.fill(shown, blocks.ofNode[node], blocks.ofNode[node + 1]);
    this.#isStale = true;
  }

  #writeIndex(): void {
    this.#isStale = false;
    const index = this.#index.array as Uint32Array;
    let n = 0;
    for (let page = 0; page < this.maxPages; page += 1) {
      const last = this.#owner[page] === -1 ? 0 : PAGE_SIZE * page + this.#lastOf(page) - this.#firstOf(page);
      for (let k = 0; k < BLOCKS_PER_PAGE; k += 1) {
        if (this.#inSight[BLOCKS_PER_PAGE * page + k] === 0) continue;
        const first = PAGE_SIZE * page + BLOCK_SIZE * k;
        for (let at = first; at < Math.min(last, first + BLOCK_SIZE); at += 1) index[n++] = at;
      }
    }
    this.geometry.setDrawRange(0, n);
    this.#index.clearUpdateRanges();
    this.#index.addUpdateRange(0, n);
    this.#index.needsUpdate = true;
  }
}
