import { mayShow, nearestDepth, type Rect } from "./blocks";
import type { Projection } from "./project";

/** What the choice needs to know of an octree. */
export interface Tree {
  /** (nodes): points of each. */
  readonly n: Uint32Array;
  /** (nodes, 4): ball around a node's points and all its descendants'. */
  readonly balls: Float32Array;
}

/**
 * Which nodes to draw: those in view, by the size of their ball on the screen, as many as a budget of pages holds. A parent's
 * ball holds its children's, so it is at least as large on the screen, and goes before them.
 */
export class NodeChoice {
  /** Nodes in the order of their worth, valid up to `count`. */
  readonly order: Uint32Array;
  count = 0;
  /** Per node: px of its ball's radius on the screen at its nearest; 0 out of view. */
  readonly px: Float32Array;
  readonly #tree: Tree;
  readonly #keys: Float64Array;
  readonly #screen: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };

  constructor(tree: Tree) {
    const n = tree.n.length;
    this.#tree = tree;
    this.order = new Uint32Array(n);
    this.px = new Float32Array(n);
    this.#keys = new Float64Array(n);
  }

  /**
   * Chooses anew. Allocates nothing but a view for the sort.
   *
   * @param maxPages - pages that the pool has
   * @param pageSize - points of one page
   * @param minPx - balls smaller than this on the screen are left out; 0: none is
   */
  update(p: Projection, maxPages: number, pageSize: number, minPx: number): void {
    const { n, balls } = this.#tree;
    const nNodes = n.length;
    this.#screen.x1 = p.width;
    this.#screen.y1 = p.height;
    for (let node = 0; node < nNodes; node += 1) {
      const shows = node === 0 || mayShow(balls, node, p, this.#screen, Infinity);
      const radius = balls[4 * node + 3]!;
      const px = shows ? (Math.max(radius, 1e-9) * p.focal) / Math.max(nearestDepth(balls, node, p), 1e-3 * radius, 1e-9) : 0;
      this.px[node] = node === 0 ? Infinity : px;
      // Size in the high bits, large ones first, the node's number below: one native sort of plain numbers, parents before children.
      const rank = node === 0 ? 0 : MAX_RANK - Math.min(MAX_RANK - 1, Math.floor(px * RANKS_PER_PX));
      this.#keys[node] = rank * MAX_NODES + node;
    }
    const keys = this.#keys.sort();
    let pages = 0;
    this.count = 0;
    for (let k = 0; k < nNodes; k += 1) {
      const node = keys[k]! % MAX_NODES;
      const px = this.px[node]!;
      if (px <= 0 || px < minPx) break;
      pages += Math.ceil(n[node]! / pageSize);
      if (pages > maxPages && k > 0) break;
      this.order[this.count] = node;
      this.count += 1;
    }
  }
}

const MAX_NODES = 2 ** 20;
const MAX_RANK = 2 ** 30;
const RANKS_PER_PX = 64;
