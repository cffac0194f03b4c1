import type { Cluster, Subgroup } from "../api/wire";
import { clamp, smoothstep } from "../math/easing";
import { placeLabels, STAY_BONUS, type LabelBox, type Obstacle } from "../math/labels";
import { project, type ScreenPoint } from "../math/project";
import type { Frame } from "./frame";
import type { Palette } from "./palette";

interface Name {
  /** Index of the cluster that it names, or lies in. */
  readonly cluster: number;
  readonly isSubgroup: boolean;
  /** 0 to 1: how large among its like. */
  readonly weight: number;
  readonly element: HTMLElement;
  width: number;
  height: number;
  shownOpacity: number;
}

/** A neighbourhood's name comes up while its ball grows over these sizes on the screen, CSS px. */
const SUBGROUP_FROM_PX = 40;
const SUBGROUP_TO_PX = 70;

/**
 * The names of clusters and, nearer, of neighbourhoods within them: text over the canvas, so that it is as crisp as the rest of
 * the page. Only transform and opacity are written, and only when they change. The list of clusters says the same to a screen
 * reader, so these are hidden from it.
 */
export class NamesOverlay {
  readonly element = document.createElement("div");
  readonly #names: Name[] = [];
  readonly #boxes: LabelBox[] = [];
  readonly #order: number[] = [];
  readonly #obstacles: Obstacle[] = [];
  readonly #spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
  readonly #palette: Palette;
  readonly #balls: Float32Array;

  /** @param balls - (n, 4): where the clusters and then the subgroups are now; read anew for every frame */
  constructor(parent: HTMLElement, clusters: readonly Cluster[], subgroups: readonly Subgroup[], balls: Float32Array, palette: Palette) {
    this.#palette = palette;
    this.#balls = balls;
    this.element.className = "names";
    this.element.setAttribute("aria-hidden", "true");
    parent.append(this.element);
    const largestCluster = Math.max(1, ...clusters.map((cluster) => cluster.n_images));
    const largestSubgroup = Math.max(1, ...subgroups.map((subgroup) => subgroup.n_images));
    const colours = new Map(clusters.map((cluster) => [cluster.index, cluster.colour]));
    for (const one of clusters) this.#add(one.name, one.colour, { cluster: one.index, isSubgroup: false, weight: one.n_images / largestCluster });
    for (const one of subgroups) {
      this.#add(one.name, colours.get(one.cluster) ?? "", { cluster: one.cluster, isSubgroup: true, weight: one.n_images / largestSubgroup });
    }
    // All written before the first is measured: one layout, not one for each.
    for (const name of this.#names) {
      name.width = name.element.offsetWidth;
      name.height = name.element.offsetHeight;
    }
  }

  /** What lies over the canvas: names keep out of it. */
  setObstacles(obstacles: readonly Obstacle[]): void {
    this.#obstacles.splice(0, this.#obstacles.length, ...obstacles);
  }

  /** `isCovered`: whether a large picture nearer than `depth` lies at a place; a name must not be written across it. */
  update(frame: Frame, isCovered: (x: number, y: number, depth: number) => boolean): void {
    for (let i = 0; i < this.#names.length; i += 1) this.#measure(i, frame, isCovered);
    placeLabels(this.#boxes, this.#order, this.#obstacles);
    for (let i = 0; i < this.#names.length; i += 1) this.#write(i, frame);
  }

  /** The cluster whose shown name, or whose neighbourhood's, lies under a place on the canvas; null: none. */
  clusterAt(x: number, y: number): number | null {
    for (let i = 0; i < this.#names.length; i += 1) {
      const box = this.#boxes[i]!;
      if (box.placed && Math.abs(box.x - x) <= box.halfWidth && Math.abs(box.y - y) <= box.halfHeight) return this.#names[i]!.cluster;
    }
    return null;
  }

  dispose(): void {
    this.element.remove();
  }

  #add(text: string, colour: string, name: Pick<Name, "cluster" | "isSubgroup" | "weight">): void {
    const element = document.createElement("span");
    element.className = name.isSubgroup ? "name name-subgroup" : "name";
    element.textContent = text;
    element.style.setProperty("--cluster", colour);
    this.element.append(element);
    this.#order.push(this.#names.length);
    this.#names.push({ ...name, element, width: 0, height: 0, shownOpacity: 0 });
    this.#boxes.push({ x: 0, y: 0, halfWidth: 0, halfHeight: 0, priority: 0, placed: false });
  }

  #measure(i: number, frame: Frame, isCovered: (x: number, y: number, depth: number) => boolean): void {
    const name = this.#names[i]!;
    const box = this.#boxes[i]!;
    box.priority = 0;
    if (!this.#project(i, frame)) return;
    const { depth, scale } = this.#spot;
    const reach = this.#balls[4 * i + 3]! * scale;
    const strength = this.#strengthOf(i, depth, reach);
    if (strength < 0.05) return;
    const size = name.isSubgroup ? clamp(0.86 + 0.001 * reach, 0.9, 1.05) : clamp(0.78 + 0.0032 * reach, 0.8, 1.5);
    box.halfWidth = (name.width * size) / 2;
    box.halfHeight = (name.height * size) / 2;
    box.x = this.#spot.x;
    // Far away the name lies on its cluster; nearer, where pictures come up, it moves to the cluster's upper edge.
    box.y = this.#spot.y - (name.isSubgroup ? 0 : (0.95 * reach + box.halfHeight) * smoothstep(50, 150, reach));
    if (box.x + box.halfWidth < 0 || box.x - box.halfWidth > frame.projection.width) return;
    if (box.y + box.halfHeight < 0 || box.y - box.halfHeight > frame.projection.height) return;
    if (isCovered(box.x, box.y, depth)) return;
    const nearness = frame.view.distance / depth;
    const focus = this.#palette.light[name.cluster]! > 0.99 ? 1 : 0.1;
    // A neighbourhood's name goes after every cluster's.
    const rank = name.isSubgroup ? 1e-3 : 1;
    box.priority = rank * strength * focus * nearness * (0.4 + name.weight) * (name.shownOpacity > 0 ? STAY_BONUS : 1);
  }

  #write(i: number, frame: Frame): void {
    const name = this.#names[i]!;
    const box = this.#boxes[i]!;
    let opacity = 0;
    if (box.placed) {
      this.#project(i, frame);
      const { depth, scale } = this.#spot;
      const far = 1 - 0.3 * smoothstep(frame.fogNear, frame.fogFar, depth);
      opacity = Math.round(100 * far * this.#strengthOf(i, depth, this.#balls[4 * i + 3]! * scale) * (0.35 + 0.65 * this.#palette.light[name.cluster]!)) / 100;
      const size = (2 * box.halfWidth) / name.width;
      const [left, top] = [box.x - name.width / 2, box.y - name.height / 2];
      name.element.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px) scale(${size.toFixed(3)})`;
    }
    if (opacity !== name.shownOpacity) {
      name.element.style.opacity = String(opacity);
      name.shownOpacity = opacity;
    }
  }

  #project(i: number, frame: Frame): boolean {
    const at = 4 * i;
    return project(frame.projection, this.#balls[at]!, this.#balls[at + 1]!, this.#balls[at + 2]!, this.#spot);
  }

  /**
   * How much of a name is there, 0 to 1, at a depth and with its ball reaching so many px. Once one is among the pictures,
   * the name only hides them: gone within its ball, all there two radii away.
   */
  #strengthOf(i: number, depth: number, reach: number): number {
    const radius = this.#balls[4 * i + 3]!;
    const { cluster, isSubgroup } = this.#names[i]!;
    const outside = smoothstep(1.1 * radius, 2.1 * radius, depth);
    // Of clusters that step back, only their own names stay.
    if (isSubgroup) return this.#palette.light[cluster]! < 0.5 ? 0 : outside * smoothstep(SUBGROUP_FROM_PX, SUBGROUP_TO_PX, reach);
    return reach < 8 ? 0 : outside;
  }
}
