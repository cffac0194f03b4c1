import { vi } from "vitest";

/** Reports whatever it observes as seen, and as having a size, at once: jsdom lays nothing out. */
class Observer {
  readonly #callback: (entries: { isIntersecting: boolean }[]) => void;
  constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
    this.#callback = callback;
  }
  observe(): void {
    this.#callback([{ isIntersecting: true }]);
  }
  disconnect(): void {
    /* nothing is kept */
  }
}

/** What jsdom lacks of a page on which everything is in view, in a wide window. */
export function stubPage(): void {
  vi.stubGlobal("ResizeObserver", Observer);
  vi.stubGlobal("IntersectionObserver", Observer);
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
}
