import { useEffect, useRef, useState, type RefObject } from "react";
import { step } from "../actions/step";
import { toggleBoxes } from "../actions/toggle_boxes";
import type { Box } from "../api/wire";
import { fit, hold, reveal, shift, WHOLE, zoomAt, type Zoom, type ZoomFrame } from "../math/zoom";
import { useActionContext } from "./hooks";

const KEY_ZOOM = 1.4;
const DOUBLE_CLICK_ZOOM = 3;
const WHEEL_ZOOM = 0.0016;
/** A trackpad's pinch comes as a wheel with Ctrl, in small steps. */
const PINCH_WHEEL_ZOOM = 0.01;
/** Of the stage, by an arrow key. */
const KEY_SHIFT = 0.15;
const ARROWS: Readonly<Record<string, readonly [x: number, y: number]>> = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

type Place = readonly [x: number, y: number];

export interface ViewerInput {
  readonly zoom: Zoom;
  readonly frame: ZoomFrame;
  /** Whether the last change was one step, which is eased; a hand's movement is followed at once. */
  readonly isEased: boolean;
  /** Steps nearer (above 1) or farther about the middle. */
  readonly zoomBy: (factor: number) => void;
  readonly showWhole: () => void;
  readonly showBox: (box: Box) => void;
}

/** How hands and keys move the picture on the stage: wheel, drag, pinch, double click, + − 0 and arrows. `ratio`: the picture's width for 1 high. */
export function useViewerInput(dialog: RefObject<HTMLElement | null>, stage: RefObject<HTMLElement | null>, ratio: number): ViewerInput {
  const context = useActionContext();
  const [size, setSize] = useState<readonly [number, number]>([0, 0]);
  const [{ zoom, isEased }, setView] = useState({ zoom: WHOLE, isEased: false });
  const frame = fit(size, ratio);
  /** Where the fingers, or the mouse's button, that are down now were last. */
  const held = useRef(new Map<number, Place>());

  useEffect(() => {
    const node = stage.current;
    if (node === null) return undefined;
    const measure = (): void => { setSize([node.clientWidth, node.clientHeight]); };
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    measure();
    return () => { observer.disconnect(); };
  }, [stage]);

  const [width, height] = size;
  useEffect(() => {
    const [shell, node] = [dialog.current, stage.current];
    if (shell === null || node === null) return undefined;
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const within = fit([width, height], ratio);
    const change = (change: (zoom: Zoom) => Zoom, eased: boolean): void => {
      setView((view) => ({ zoom: change(view.zoom), isEased: eased }));
    };
    /** From the middle of the stage. */
    const placeOf = (event: MouseEvent): Place => {
      const { left, top } = node.getBoundingClientRect();
      return [event.clientX - left - width / 2, event.clientY - top - height / 2];
    };
    const fingers = held.current;
    fingers.clear();

    node.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? PINCH_WHEEL_ZOOM : WHEEL_ZOOM));
      const [x, y] = placeOf(event);
      change((view) => zoomAt(view, within, factor, x, y), false);
    }, { ...options, passive: false });
    node.addEventListener("dblclick", (event) => {
      const [x, y] = placeOf(event);
      change((view) => (view.scale > 1 ? WHOLE : zoomAt(view, within, DOUBLE_CLICK_ZOOM, x, y)), true);
    }, options);
    node.addEventListener("pointerdown", (event) => {
      if (event.button === 0) fingers.set(event.pointerId, placeOf(event));
    }, options);
    // On the window: a drag goes on outside of the stage, and a box is still clicked, which a captured pointer would not do.
    window.addEventListener("pointermove", (event) => {
      const from = fingers.get(event.pointerId);
      if (from === undefined) return;
      const to = placeOf(event);
      fingers.set(event.pointerId, to);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      const share = other === undefined ? 1 : 0.5;
      const factor = other === undefined ? 1 : distance(to, other) / Math.max(1, distance(from, other));
      const [x, y] = other === undefined ? from : [(from[0] + other[0]) / 2, (from[1] + other[1]) / 2];
      change((view) => shift(zoomAt(view, within, factor, x, y), within, share * (to[0] - from[0]), share * (to[1] - from[1])), false);
    }, options);
    const lift = (event: PointerEvent): void => { fingers.delete(event.pointerId); };
    window.addEventListener("pointerup", lift, options);
    window.addEventListener("pointercancel", lift, options);

    shell.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const arrow = ARROWS[event.key];
      // On a box arrow keys go to the next box.
      if (arrow !== undefined && event.target instanceof Element && event.target.closest(".box") === null) {
        change((view) => shift(view, within, arrow[0] * KEY_SHIFT * width, arrow[1] * KEY_SHIFT * height), true);
      } else if (event.key === "+" || event.key === "=") change((view) => zoomAt(view, within, KEY_ZOOM), true);
      else if (event.key === "-" || event.key === "_") change((view) => zoomAt(view, within, 1 / KEY_ZOOM), true);
      else if (event.key === "0") change(() => WHOLE, true);
      else if (event.key === "[" || event.key === "]") step(context, event.key === "]" ? 1 : -1);
      else if (event.key.toLowerCase() === "b") toggleBoxes.perform(context);
      else if (event.key.toLowerCase() === "z") context.store.setState({ viewerOpen: false });
      else return;
      event.preventDefault();
    }, options);
    return () => { abort.abort(); };
  }, [context, dialog, stage, width, height, ratio]);

  return {
    zoom: hold(zoom, frame),
    frame,
    isEased,
    zoomBy: (factor) => { setView((view) => ({ zoom: zoomAt(view.zoom, frame, factor), isEased: true })); },
    showWhole: () => { setView({ zoom: WHOLE, isEased: true }); },
    showBox: (box) => {
      // A box that gets the focus under a hand is in sight enough, and must not leave the hand.
      if (held.current.size === 0) setView((view) => ({ zoom: reveal(view.zoom, frame, box), isEased: true }));
    },
  };
}

function distance(a: Place, b: Place): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
