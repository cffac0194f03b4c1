import type { Galaxy } from "../api/galaxy";
import { FLAG_TOMBSTONE } from "../api/wire";
import { easeInOut } from "../math/easing";
import { flatSide, layFlat, mix, MORPH_MS } from "../math/flat";
import { flattenRegions, type Region } from "../math/regions";

/** Points that stand for all where regions are measured. */
const SAMPLE = 20_000;

/**
 * Lays the galaxy down flat and lifts it up again. Flat places are loaded for the nodes that are loaded, and for later ones
 * before they are shown. It moves the galaxy's positions in place, and the balls of its regions; who draws them is told by
 * what `step` returns.
 */
export class FlatMorph {
  /** The share of the way to flat, 0 to 1, eased. */
  share = 0;
  /** (n, 3): where points lie in each layout; only rows of loaded nodes mean anything. */
  readonly space: Float32Array;
  readonly flat: Float32Array;
  readonly #galaxy: Galaxy;
  readonly #picture: number;
  readonly #side: number;
  readonly #regions: readonly Region[];
  /** (regions, 4) each: as in space, as on the plane, and as they are now. */
  readonly #spaceBalls: Float32Array;
  readonly #flatBalls: Float32Array;
  readonly #balls: Float32Array;
  /** Nodes that are laid in both layouts. */
  readonly #known = new Set<number>();
  /** Per node, once loaded: (n, 2) in the manifest's square. */
  readonly #places: Float32Array[] = [];
  #t = 0;
  #target: 0 | 1 = 0;

  /**
   * @param picture - side of a picture, world units
   * @param balls - (regions, 4): centre and radius, changed in place
   */
  constructor(galaxy: Galaxy, picture: number, regions: readonly Region[], balls: Float32Array) {
    this.#galaxy = galaxy;
    this.#picture = picture;
    this.#side = flatSide(galaxy.manifest.n_images, picture);
    this.#regions = regions;
    this.#balls = balls;
    this.#spaceBalls = balls.slice();
    this.#flatBalls = balls.slice();
    this.space = galaxy.points.positions.slice();
    this.flat = galaxy.points.positions.slice();
  }

  /** (regions, 4): where regions lie in the layout that is gone to. */
  get targetBalls(): Float32Array {
    return this.#target === 1 ? this.#flatBalls : this.#spaceBalls;
  }

  /** (n, 3): where points lie in it. */
  get targetPositions(): Float32Array {
    return this.#target === 1 ? this.flat : this.space;
  }

  get isMoving(): boolean {
    return this.#t !== this.#target;
  }

  /** Whether points are where the artifact has them. */
  get isAtHome(): boolean {
    return this.share === 0;
  }

  /** Points whose places in both layouts are known, enough to stand for all. */
  get sample(): Uint32Array {
    const { list } = this.#galaxy.nodes;
    const { flags } = this.#galaxy.points;
    let total = 0;
    for (const node of this.#known) total += list[node]!.n;
    const step = Math.max(1, Math.floor(total / SAMPLE));
    const sample: number[] = [];
    for (const node of this.#known) {
      const { first, n } = list[node]!;
      for (let i = first; i < first + n; i += step) if ((flags[i]! & FLAG_TOMBSTONE) === 0) sample.push(i);
    }
    return Uint32Array.from(sample);
  }

  /** Loads the flat places of all that is loaded. Raises WireError. */
  async load(): Promise<void> {
    const { nodes, manifest, points } = this.#galaxy;
    nodes.prepare = (node) => this.#fetch(node);
    const loaded = nodes.list.map((_, node) => node).filter((node) => nodes.isLoaded(node));
    try {
      await Promise.all(loaded.map((node) => this.#fetch(node)));
    } catch (error) {
      nodes.prepare = null;
      throw error;
    }
    for (const node of loaded) this.lay(node);
    const layouts = { sample: this.sample, clusters: points.cluster, space: this.space, flat: this.flat };
    this.#flatBalls.set(flattenRegions(this.#regions, manifest.clusters.length, layouts));
  }

  /** Puts the points of a node that has just been loaded where they are now. */
  lay(node: number): void {
    const { manifest, nodes, points } = this.#galaxy;
    const places = this.#places[node];
    if (places === undefined || manifest.flat === null || this.#known.has(node)) return;
    const { first, n } = nodes.list[node]!;
    this.space.set(points.positions.subarray(3 * first, 3 * (first + n)), 3 * first);
    layFlat(places, manifest.flat, first, this.#side, this.#picture, this.flat);
    this.#known.add(node);
    this.#place(node);
  }

  /** Begins to lie down (1) or to rise (0). Before the former, `load`. */
  goTo(target: 0 | 1, atOnce: boolean): void {
    this.#target = target;
    if (target === 0) this.#galaxy.nodes.prepare = null;
    if (atOnce) this.#t = target;
  }

  /** Moves on by some milliseconds. Returns whether anything moved; then the points have to be drawn anew. */
  step(elapsedMs: number): boolean {
    const way = elapsedMs / MORPH_MS;
    this.#t = this.#target === 1 ? Math.min(1, this.#t + way) : Math.max(0, this.#t - way);
    const share = easeInOut(this.#t);
    if (share === this.share) return false;
    this.share = share;
    for (const node of this.#known) this.#place(node);
    mix(this.#spaceBalls, this.#flatBalls, share, this.#balls);
    return true;
  }

  dispose(): void {
    this.#galaxy.nodes.prepare = null;
    // Whoever draws this galaxy next begins in space.
    this.share = 0;
    for (const node of this.#known) this.#place(node);
  }

  async #fetch(node: number): Promise<void> {
    const places = await this.#galaxy.loadColumn("flat", node);
    if (places !== null) this.#places[node] = places;
  }

  #place(node: number): void {
    const { first, n } = this.#galaxy.nodes.list[node]!;
    mix(this.space, this.flat, this.share, this.#galaxy.points.positions, 3 * first, 3 * (first + n));
  }
}
