import { createContext, use, useEffect, useRef, useState, type RefObject } from "react";
import { useStore } from "zustand/react";
import type { ActionContext } from "../actions/context";
import type { State } from "../store/state";

/** Below this width panels come up from the bottom. The style sheets say the same number. */
export const NARROW = "(max-width: 720px)";

export const GalaxyContext = createContext<ActionContext | null>(null);

/** What the actions need. Only inside `<App>`. */
export function useActionContext(): ActionContext {
  const context = use(GalaxyContext);
  if (context === null) throw new Error("useActionContext: expected to be used inside <App>, which provides the context.");
  return context;
}

/** A part of the state; the component is drawn again when that part changes. Only inside `<App>`. */
export function useGalaxy<T>(select: (state: State) => T): T {
  return useStore(useActionContext().store, select);
}

/** Whether the window is too narrow for panels at the side. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const query = window.matchMedia(NARROW);
    query.onchange = () => { setNarrow(query.matches); };
    return () => { query.onchange = null; };
  }, []);
  return isNarrow;
}

/** Tells the scene how much of the canvas an element covers, while it is there. `gap`: px between it and the edge. */
export function useInset(side: "left" | "right" | "bottom", element: RefObject<HTMLElement | null>, gap: number): void {
  const { store } = useActionContext();
  useEffect(() => {
    const node = element.current;
    if (node === null) return undefined;
    const measure = (): void => {
      const isBelow = side === "bottom" || window.matchMedia(NARROW).matches;
      store.setState(({ insets }) => ({
        insets: { ...insets, [side]: isBelow ? 0 : node.offsetWidth + 2 * gap, bottom: isBelow ? node.offsetHeight + (side === "bottom" ? gap : 0) : 0 },
      }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => {
      observer.disconnect();
      store.setState(({ insets }) => ({ insets: { ...insets, [side]: 0, bottom: 0 } }));
    };
  }, [store, side, element, gap]);
}

/** For a dialog that is open as the state says. The browser keeps the focus in it, and gives it back. */
export function useModal(isOpen: boolean): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const node = dialog.current;
    if (node === null) return;
    if (isOpen && !node.open) node.showModal();
    if (!isOpen && node.open) node.close();
  }, [isOpen]);
  return dialog;
}

/** Whether an element has come near the window, once and for all. */
export function useNear(element: RefObject<HTMLElement | null>, marginPx = 600): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (node === null || isNear) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { rootMargin: `${marginPx}px` },
    );
    observer.observe(node);
    return () => {
      observer.disconnect();
    };
  }, [element, isNear, marginPx]);
  return isNear;
}
