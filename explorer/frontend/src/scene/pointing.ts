import type { ActionContext } from "../actions/context";
import { flyToCluster } from "../actions/fly_to_cluster";
import { flyToImage } from "../actions/fly_to_image";
import { hoverImage } from "../actions/hover_image";
import type { Vec3 } from "../math/view";
import type { CameraRig } from "./camera_rig";
import type { NamesOverlay } from "./names_overlay";
import type { Navigator } from "./navigator";
import type { PointerListener } from "./pointer_controls";

/** What pointing asks of the scene. Places in CSS px of the canvas. */
export interface Pointable {
  readonly isMoving: boolean;
  pick(x: number, y: number): number;
  /** How far before the camera a point lies, or null where it is not on the canvas. */
  project(index: number): { readonly depth: number } | null;
  invalidate(): void;
}

/** What the pointer does that is not moving the view: hovers, opens, flies to names, and says where zooming is anchored. */
export class Pointing implements PointerListener {
  readonly #scene: Pointable;
  readonly #context: ActionContext;
  readonly #canvas: HTMLElement;
  readonly #rig: CameraRig;
  readonly #navigator: Navigator;
  readonly #names: NamesOverlay;
  #pointer: { x: number; y: number } | null = null;

  constructor(scene: Pointable, context: ActionContext, canvas: HTMLElement, rig: CameraRig, navigator: Navigator, names: NamesOverlay) {
    this.#scene = scene;
    this.#context = context;
    this.#canvas = canvas;
    this.#rig = rig;
    this.#navigator = navigator;
    this.#names = names;
  }

  onMove(): void {
    this.#scene.invalidate();
  }

  onHover(x: number, y: number): void {
    this.#pointer = { x, y };
    if (!this.#scene.isMoving) this.#hover(x, y);
  }

  onLeave(): void {
    this.#pointer = null;
    this.clear();
  }

  onClick(x: number, y: number): void {
    const index = this.#scene.pick(x, y);
    if (index >= 0) {
      flyToImage(this.#context, index);
      return;
    }
    const cluster = this.#names.clusterAt(x, y);
    if (cluster !== null) flyToCluster(this.#context, cluster);
  }

  onDoubleClick(x: number, y: number): void {
    if (this.#scene.pick(x, y) >= 0 || this.#names.clusterAt(x, y) !== null) return;
    this.#navigator.zoom(0.4, this.anchorAt(x, y));
    this.#scene.invalidate();
  }

  /** The place in space under a place on the canvas: on the picked picture, else at the pivot's depth. */
  anchorAt(x: number, y: number): Vec3 {
    const { frame, middle } = this.#rig;
    const index = this.#scene.pick(x, y);
    const depth = (index >= 0 ? this.#scene.project(index)?.depth : undefined) ?? this.#navigator.view.distance;
    const right = ((x - middle.x) * depth) / frame.projection.focal;
    const up = ((middle.y - y) * depth) / frame.projection.focal;
    return [0, 1, 2].map((i) => frame.eye[i]! + frame.axes.forward[i]! * depth + frame.axes.right[i]! * right + frame.axes.up[i]! * up) as Vec3;
  }

  dragsShift(): boolean {
    return this.#navigator.isFlat;
  }

  worldPerPx(): number {
    return this.#navigator.view.distance / this.#rig.frame.projection.focal;
  }

  /** The view has come to rest: what lies under the pointer now is hovered. */
  rest(): void {
    if (this.#pointer !== null) this.#hover(this.#pointer.x, this.#pointer.y);
  }

  /** Nothing is hovered. */
  clear(): void {
    if (this.#context.store.getState().hovered >= 0) hoverImage(this.#context, -1);
    this.#canvas.classList.remove("pointing");
  }

  #hover(x: number, y: number): void {
    const index = this.#scene.pick(x, y);
    hoverImage(this.#context, index);
    this.#canvas.classList.toggle("pointing", index >= 0 || this.#names.clusterAt(x, y) !== null);
  }
}
