import type { Cluster } from "../api/wire";
import { clamp, smoothstep } from "../math/easing";
import { placeLabels, STAY_BONUS, type LabelBox, type Obstacle } from "../math/labels";
import { project, type ScreenPoint } from "../math/project";
import type { Frame } from "./frame";
import type { Palette } from "./palette";

interface Name {
  readonly cluster: Cluster;
  readonly element: HTMLElement;
  readonly width: number;
  readonly height: number;
  shownOpacity: number;
}

/**
 * The clusters' names: text over the canvas, so that it is as crisp as the rest of the page. Only transform and opacity are
 * written, and only when they change. The list of clusters says the same to a screen reader, so these are hidden from it.
 */
export class NamesOverlay {
  readonly element = document.createElement("div");
  readonly #names: Name[] = [];
  readonly #boxes: LabelBox[] = [];
  readonly #order: number[] = [];
  readonly #obstacles: Obstacle[] = [];
  readonly #spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
  readonly #palette: Palette;
  readonly #largest: number;

  constructor(parent: HTMLElement, clusters: readonly Cluster[], palette: Palette) {
    this.#palette = palette;
    this.#largest = Math.max(1, ...clusters.map((cluster) => cluster.n_images));
    this.element.className = "names";
    this.element.setAttribute("aria-hidden", "true");
    parent.append(this.element);
    const elements = clusters.map((cluster) => {
      const element = document.createElement("span");
      element.className = "name";
      element.textContent = cluster.name;
      element.style.setProperty("--cluster", cluster.colour);
      this.element.append(element);
      return element;
    });
    // All written before the first is measured: one layout, not one for each.
    clusters.forEach((cluster, i) => {
      const element = elements[i]!;
      this.#names.push({ cluster, element, width: element.offsetWidth, height: element.offsetHeight, shownOpacity: 0 });
      this.#boxes.push({ x: 0, y: 0, halfWidth: 0, halfHeight: 0, priority: 0, placed: false });
      this.#order.push(i);
    });
  }

  /** What lies over the canvas: names keep out of it. */
  setObstacles(obstacles: readonly Obstacle[]): void {
    this.#obstacles.splice(0, this.#obstacles.length, ...obstacles);
  }

  /** `isCovered`: whether a large picture nearer than `depth` lies at a place; a name must not be written across it. */
  update(frame: Frame, isCovered: (x: number, y: number, depth: number) => boolean): void {
    for (let i = 0; i < this.#names.length; i += 1) this.#measure(this.#names[i]!, this.#boxes[i]!, frame, isCovered);
    placeLabels(this.#boxes, this.#order, this.#obstacles);
    for (let i = 0; i < this.#names.length; i += 1) this.#write(this.#names[i]!, this.#boxes[i]!, frame);
  }

  /** The cluster whose shown name lies under a place on the canvas, or null. */
  clusterAt(x: number, y: number): number | null {
    for (let i = 0; i < this.#names.length; i += 1) {
      const box = this.#boxes[i]!;
      if (box.placed && Math.abs(box.x - x) <= box.halfWidth && Math.abs(box.y - y) <= box.halfHeight) return this.#names[i]!.cluster.index;
    }
    return null;
  }

  dispose(): void {
    this.element.remove();
  }

  #measure(name: Name, box: LabelBox, frame: Frame, isCovered: (x: number, y: number, depth: number) => boolean): void {
    const { cluster } = name;
    const [x, y, z] = cluster.centroid;
    box.priority = 0;
    if (!project(frame.projection, x, y, z, this.#spot)) return;
    const inside = showsFrom(cluster, this.#spot.depth);
    const reach = cluster.radius * this.#spot.scale;
    if (inside < 0.05 || reach < 8) return;
    const size = clamp(0.78 + 0.0032 * reach, 0.8, 1.5);
    box.halfWidth = (name.width * size) / 2;
    box.halfHeight = (name.height * size) / 2;
    box.x = this.#spot.x;
    // Far away the name lies on its cluster; nearer, where pictures come up, it moves to the cluster's upper edge.
    box.y = this.#spot.y - (0.95 * reach + box.halfHeight) * smoothstep(50, 150, reach);
    if (box.x + box.halfWidth < 0 || box.x - box.halfWidth > frame.projection.width) return;
    if (box.y + box.halfHeight < 0 || box.y - box.halfHeight > frame.projection.height) return;
    if (isCovered(box.x, box.y, this.#spot.depth)) return;
    const nearness = frame.view.distance / this.#spot.depth;
    const focus = this.#palette.light[cluster.index]! > 0.99 ? 1 : 0.1;
    box.priority = inside * focus * nearness * (0.4 + cluster.n_images / this.#largest) * (name.shownOpacity > 0 ? STAY_BONUS : 1);
  }

  #write(name: Name, box: LabelBox, frame: Frame): void {
    let opacity = 0;
    if (box.placed) {
      const depth = this.#depthOf(name, frame);
      const far = 1 - 0.3 * smoothstep(frame.fogNear, frame.fogFar, depth);
      const inside = showsFrom(name.cluster, depth);
      opacity = Math.round(100 * far * inside * (0.35 + 0.65 * this.#palette.light[name.cluster.index]!)) / 100;
      const size = (2 * box.halfWidth) / name.width;
      const [left, top] = [box.x - name.width / 2, box.y - name.height / 2];
      name.element.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px) scale(${size.toFixed(3)})`;
    }
    if (opacity !== name.shownOpacity) {
      name.element.style.opacity = String(opacity);
      name.shownOpacity = opacity;
    }
  }

  #depthOf(name: Name, frame: Frame): number {
    const [x, y, z] = name.cluster.centroid;
    project(frame.projection, x, y, z, this.#spot);
    return this.#spot.depth;
  }
}

/** Once one is among a cluster's pictures, its name only hides them: gone within its ball, all there two radii away. */
function showsFrom(cluster: Cluster, depth: number): number {
  return smoothstep(1.1 * cluster.radius, 2.1 * cluster.radius, depth);
}
