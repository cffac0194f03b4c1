import type { Galaxy } from "../api/galaxy";
import { BLOCK_SIZE, putBall } from "../math/blocks";
import { NodeChoice, type Tree } from "../math/lod";
import { mergeBalls } from "../math/balls";
import type { Projection } from "../math/project";
import { PAGE_SIZE, PointPool } from "./point_pool";
import { Retries, type RetryListener } from "./retries";

const MAX_LOADING = 4;
/** Pages sent to the card in one frame: 16 are 400 KB, a fraction of a millisecond. */
const MAX_PAGES_A_FRAME = 16;
/** Where not everything fits, a node whose ball is smaller than this on the screen adds nothing that one would see. */
const MIN_NODE_PX = 20;

/** Brings the octree's nodes onto the card, by what is seen: the largest on the screen first, the least useful make room. */
export class NodeStreamer {
  nRequests = 0;
  readonly #galaxy: Galaxy;
  readonly #pool: PointPool;
  readonly #choice: NodeChoice;
  readonly #tree: Tree;
  readonly #minPx: number;
  readonly #isLoading: Uint8Array;
  /** The frame in which a node was last chosen. */
  readonly #chosenAt: Float64Array;
  readonly #retries: Retries;
  #frame = 0;
  #loading = 0;
  #isDisposed = false;

  constructor(galaxy: Galaxy, pool: PointPool, listener: RetryListener) {
    const { list } = galaxy.nodes;
    this.#galaxy = galaxy;
    this.#pool = pool;
    this.#tree = { n: Uint32Array.from(list, (node) => node.n), balls: new Float32Array(4 * list.length) };
    this.#choice = new NodeChoice(this.#tree);
    this.#minPx = list.reduce((pages, node) => pages + PointPool.pagesOf(node.n), 0) > pool.maxPages ? MIN_NODE_PX : 0;
    this.#isLoading = new Uint8Array(list.length);
    this.#chosenAt = new Float64Array(list.length);
    this.#retries = new Retries(listener);
    this.#setHomeBalls();
  }

  get isLoading(): boolean {
    return this.#loading > 0;
  }

  /** Chooses nodes for a view, places those that have come, and from the second frame on loads others: the first galaxy is not kept waiting by them. Returns whether a frame must follow. */
  update(projection: Projection): boolean {
    const { nodes } = this.#galaxy;
    const now = performance.now();
    this.#frame += 1;
    this.#choice.update(projection, this.#pool.maxPages, PAGE_SIZE, this.#minPx);
    for (let k = 0; k < this.#choice.count; k += 1) this.#chosenAt[this.#choice.order[k]!] = this.#frame;
    let pagesLeft = MAX_PAGES_A_FRAME;
    let waits = false;
    for (let k = 0; k < this.#choice.count; k += 1) {
      const node = this.#choice.order[k]!;
      if (this.#pool.has(node)) continue;
      if (nodes.isLoaded(node)) {
        const pages = PointPool.pagesOf(this.#tree.n[node]!);
        if (pagesLeft < MAX_PAGES_A_FRAME && pages > pagesLeft) return true;
        this.#makeRoom(pages);
        this.#pool.add(node);
        pagesLeft -= pages;
      } else if (this.#frame === 1) {
        waits = true;
      } else if (this.#loading < MAX_LOADING && this.#isLoading[node] === 0 && this.#retries.isDue(node, now)) {
        void this.#load(node);
      }
    }
    return waits;
  }

  /** Measures anew after points moved. `atHome`: they are where the artifact has them. */
  moved(atHome: boolean): void {
    const { nodes, points } = this.#galaxy;
    const { blocks } = nodes;
    for (let node = 0; node < nodes.list.length; node += 1) {
      if (!nodes.isLoaded(node)) continue;
      const end = nodes.list[node]!.first + nodes.list[node]!.n;
      for (let b = blocks.ofNode[node]!; b < blocks.ofNode[node + 1]!; b += 1) {
        putBall(points.positions, blocks.first[b]!, Math.min(end, blocks.first[b]! + BLOCK_SIZE), blocks.balls, b);
      }
    }
    if (atHome) this.#setHomeBalls();
    else this.#setBallsFromBlocks();
    this.#pool.refresh();
  }

  retry(): void {
    this.#retries.reset();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#retries.dispose();
  }

  #setHomeBalls(): void {
    this.#galaxy.nodes.list.forEach(({ centre, radius }, node) => { this.#tree.balls.set([...centre, radius], 4 * node); });
  }

  /** Where the manifest's balls do not hold: a loaded node's around its blocks and its children; a missing one is taken to lie in its parent's. */
  #setBallsFromBlocks(): void {
    const { nodes } = this.#galaxy;
    const { blocks } = nodes;
    const { balls } = this.#tree;
    for (let node = 0; node < nodes.list.length; node += 1) {
      const parent = Math.max(0, nodes.list[node]!.parent);
      if (!nodes.isLoaded(node)) {
        balls.copyWithin(4 * node, 4 * parent, 4 * parent + 4);
        continue;
      }
      const first = blocks.ofNode[node]!;
      balls.set(blocks.balls.subarray(4 * first, 4 * first + 4), 4 * node);
      for (let b = first + 1; b < blocks.ofNode[node + 1]!; b += 1) mergeBalls(balls, node, blocks.balls, b);
    }
    for (let node = nodes.list.length - 1; node > 0; node -= 1) {
      const { parent } = nodes.list[node]!;
      if (parent >= 0) mergeBalls(balls, parent, balls, node);
    }
  }

  #makeRoom(pages: number): void {
    while (this.#pool.nFree < pages) {
      let least = -1;
      for (let node = 0; node < this.#chosenAt.length; node += 1) {
        if (!this.#pool.has(node) || this.#chosenAt[node] === this.#frame) continue;
        // Chosen longest ago; of those, the one that comes last in the tree: children go before their parents.
        if (least < 0 || this.#chosenAt[node]! <= this.#chosenAt[least]!) least = node;
      }
      if (least < 0) throw new Error(`Expected room for ${pages} pages in a pool of ${this.#pool.maxPages}: the choice holds more than the pool.`);
      this.#pool.remove(least);
    }
  }

  async #load(node: number): Promise<void> {
    this.#isLoading[node] = 1;
    this.#loading += 1;
    this.nRequests += 1;
    try {
      // Who listens to the nodes asks for the next frame.
      await this.#galaxy.nodes.load(node);
      this.#retries.succeeded(node);
    } catch {
      if (!this.#isDisposed) this.#retries.failed(node, performance.now());
    } finally {
      this.#isLoading[node] = 0;
      this.#loading -= 1;
    }
  }
}
