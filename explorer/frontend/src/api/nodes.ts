import { layBlocks, type Blocks } from "../math/blocks";
import type { Background } from "../worker/background";
import type { ParsedChunk } from "../worker/parse_chunk";
import { decodeExtra, type Extras } from "./chunks";
import { WireError } from "./errors";
import { fetchBytes, type OnBytes } from "./http";
import { addressOf } from "./names";
import type { Points } from "./points";
import { FLAG_TOMBSTONE, type ExtraName, type Manifest, type Node } from "./wire";

/** The octree's nodes: loads their chunks, lays them into the columns of all points, and tells who listens. */
export class Nodes {
  readonly list: readonly Node[];
  /** Blocks of all nodes; a block's ball is there once its node is loaded. */
  readonly blocks: Blocks;
  /** How many nodes are loaded. */
  nLoaded = 0;
  /** What else has to have come before a node counts as loaded. Null: nothing. */
  prepare: ((node: number) => Promise<void>) | null = null;
  readonly #manifest: Manifest;
  readonly #base: string;
  readonly #points: Points;
  readonly #background: Background;
  /** Tiles of withdrawn images: tombstones, whatever the chunks say. */
  readonly #hiddenTiles = new Set<number>();
  readonly #loaded: Uint8Array;
  readonly #loading = new Map<number, Promise<void>>();
  readonly #extras = new Map<string, Promise<Extras[ExtraName]>>();
  readonly #listeners = new Set<(node: number) => void>();
  readonly #onHidden = new Set<() => void>();

  constructor(manifest: Manifest, base: string, points: Points, background: Background) {
    this.list = manifest.nodes;
    this.blocks = layBlocks(manifest.nodes);
    this.#manifest = manifest;
    this.#base = base;
    this.#points = points;
    this.#background = background;
    this.#loaded = new Uint8Array(manifest.nodes.length);
  }

  isLoaded(node: number): boolean {
    return this.#loaded[node] === 1;
  }

  /** The node that a point lies in, or -1. */
  nodeOf(index: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle]!.first <= index) low = middle + 1;
      else high = middle;
    }
    const node = this.list[low - 1];
    return node !== undefined && index < node.first + node.n ? low - 1 : -1;
  }

  /** Loads a node, once. Raises WireError; after a failure the next call tries again. */
  load(node: number, onBytes?: OnBytes): Promise<void> {
    const known = this.isLoaded(node) ? Promise.resolve() : this.#loading.get(node);
    if (known !== undefined) return known;
    const loading = this.#load(node, onBytes);
    this.#loading.set(node, loading);
    loading.then(() => this.#loading.delete(node), () => this.#loading.delete(node));
    return loading;
  }

  /** Loads the node of a point. Raises WireError. */
  async loadPoint(index: number): Promise<void> {
    const node = this.nodeOf(index);
    if (node < 0) throw new WireError("format", this.#base, `Expected a node for point ${index}, the manifest names none. Publish the galaxy again.`);
    await this.load(node);
  }

  /** Loads an extra column of a node, in the order of its points, or null where the galaxy has none. Raises WireError. */
  async loadColumn<Name extends ExtraName>(name: Name, node: number): Promise<Extras[Name] | null> {
    const { n, extra } = this.list[node]!;
    const file = extra[name];
    if (file === undefined) return null;
    const url = addressOf(file, this.#base);
    let loading = this.#extras.get(url);
    if (loading === undefined) {
      loading = fetchBytes(url).then((bytes) => decodeExtra(name, bytes, n, this.#manifest.flat, url));
      this.#extras.set(url, loading);
      loading.catch(() => this.#extras.delete(url));
    }
    return loading as Promise<Extras[Name]>;
  }

  /** Calls `listen` with every node that is loaded from now on. Returns what ends it. */
  onLoaded(listen: (node: number) => void): () => void {
    this.#listeners.add(listen);
    return () => { this.#listeners.delete(listen); };
  }

  /** Calls `listen` whenever points that have come may not be shown any more. Returns what ends it. */
  onHidden(listen: () => void): () => void {
    this.#onHidden.add(listen);
    return () => { this.#onHidden.delete(listen); };
  }

  /** Whether the image of a tile is withdrawn. */
  isHidden(tile: number): boolean {
    return this.#hiddenTiles.has(tile);
  }

  /** Makes tombstones of these tiles, and tells who listens. */
  hide(tiles: ReadonlySet<number>): void {
    for (const tile of tiles) this.#hiddenTiles.add(tile);
    for (let node = 0; node < this.list.length; node += 1) if (this.isLoaded(node)) this.#bury(node);
    for (const listen of this.#onHidden) listen();
  }

  /** Lays a node's parsed chunk into the columns of all points, and tells who listens. */
  lay(node: number, chunk: ParsedChunk): void {
    const { first } = this.list[node]!;
    const { positions, cluster, colour, aspect, flags, tile } = this.#points;
    positions.set(chunk.positions, 3 * first);
    cluster.set(chunk.cluster, first);
    colour.set(chunk.colour, 3 * first);
    aspect.set(chunk.aspect, first);
    tile.set(chunk.tile, first);
    flags.set(chunk.flags, first);
    this.#bury(node);
    this.blocks.balls.set(chunk.balls, 4 * this.blocks.ofNode[node]!);
    this.#loaded[node] = 1;
    this.nLoaded += 1;
    for (const listen of this.#listeners) listen(node);
  }

  /** Flags the points of a node that may not be shown. */
  #bury(node: number): void {
    if (this.#hiddenTiles.size === 0) return;
    const { first, n } = this.list[node]!;
    const { flags, tile } = this.#points;
    for (let i = first; i < first + n; i += 1) if (this.#hiddenTiles.has(tile[i]!)) flags[i]! |= FLAG_TOMBSTONE;
  }

  async #load(node: number, onBytes?: OnBytes): Promise<void> {
    const { n, url } = this.list[node]!;
    const { columns, bounds } = this.#manifest;
    const job = { url: addressOf(url, this.#base), n, columns, origin: bounds.origin, extent: bounds.extent };
    const [chunk] = await Promise.all([this.#background.do("chunk", job, onBytes), this.prepare?.(node)]);
    this.lay(node, chunk);
  }
}
