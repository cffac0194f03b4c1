import type { Points } from "../api/points";
import { project, type ScreenPoint } from "../math/project";
import { halfExtents } from "../math/quantise";
import { MIN_DISC_PX, type Sizes } from "../math/sizes";
import type { Frame } from "./frame";

const GAP_PX = 3;
const TIP_GAP_PX = 10;

/** The rings around what is hovered and what is selected, and the hovered one's title. */
export class MarksOverlay {
  readonly element = document.createElement("div");
  readonly #hoverRing = document.createElement("div");
  readonly #selectRing = document.createElement("div");
  readonly #tip = document.createElement("div");
  readonly #tipTitle = document.createElement("span");
  readonly #tipCluster = document.createElement("span");
  readonly #points: Points;
  readonly #positions: Float32Array;
  readonly #sizes: Sizes;
  readonly #spot: ScreenPoint = { x: 0, y: 0, depth: 0, scale: 0 };
  readonly #half = { w: 0, h: 0 };
  hovered = -1;
  selected = -1;

  constructor(parent: HTMLElement, points: Points, positions: Float32Array, sizes: Sizes) {
    this.#points = points;
    this.#positions = positions;
    this.#sizes = sizes;
    this.element.className = "marks";
    this.element.setAttribute("aria-hidden", "true");
    this.#hoverRing.className = "ring ring-hover";
    this.#selectRing.className = "ring ring-selected";
    this.#tip.className = "tip";
    this.#tipTitle.className = "tip-title";
    this.#tipCluster.className = "tip-cluster";
    this.#tip.append(this.#tipTitle, this.#tipCluster);
    this.element.append(this.#selectRing, this.#hoverRing, this.#tip);
    parent.append(this.element);
  }

  setTip(title: string, cluster: string, colour: string): void {
    this.#tipTitle.textContent = title;
    this.#tipCluster.textContent = cluster;
    this.#tipTitle.hidden = title === "";
    this.#tip.style.setProperty("--cluster", colour);
  }

  update(frame: Frame, isPicture: (index: number) => boolean): void {
    this.#place(this.#selectRing, this.selected, frame, isPicture);
    if (!this.#place(this.#hoverRing, this.hovered, frame, isPicture)) {
      this.#tip.hidden = true;
      return;
    }
    this.#tip.hidden = false;
    const { width } = frame.projection;
    const below = this.#spot.y + this.#half.h + TIP_GAP_PX;
    const left = Math.min(width - this.#tip.offsetWidth - 8, Math.max(8, this.#spot.x - this.#tip.offsetWidth / 2));
    const fits = below + this.#tip.offsetHeight < frame.projection.height - 8;
    const top = fits ? below : this.#spot.y - this.#half.h - TIP_GAP_PX - this.#tip.offsetHeight;
    this.#tip.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
  }

  dispose(): void {
    this.element.remove();
  }

  /** Lays a ring around a point or its picture; leaves its place in #spot and #half. Returns whether it shows. */
  #place(ring: HTMLElement, index: number, frame: Frame, isPicture: (index: number) => boolean): boolean {
    const shows = index >= 0 && project(frame.projection, this.#positions[3 * index]!, this.#positions[3 * index + 1]!, this.#positions[3 * index + 2]!, this.#spot);
    ring.hidden = !shows;
    if (!shows) return false;
    const picture = isPicture(index);
    if (picture) {
      halfExtents(this.#points.aspect[index]!, this.#half);
      this.#half.w = this.#half.w * this.#sizes.picture * this.#spot.scale + GAP_PX;
      this.#half.h = this.#half.h * this.#sizes.picture * this.#spot.scale + GAP_PX;
    } else {
      this.#half.w = this.#half.h = Math.max(MIN_DISC_PX, this.#sizes.disc * this.#spot.scale) + GAP_PX + 2;
    }
    ring.classList.toggle("ring-round", !picture);
    ring.style.width = `${(2 * this.#half.w).toFixed(1)}px`;
    ring.style.height = `${(2 * this.#half.h).toFixed(1)}px`;
    ring.style.transform = `translate(${(this.#spot.x - this.#half.w).toFixed(1)}px, ${(this.#spot.y - this.#half.h).toFixed(1)}px)`;
    return true;
  }
}
