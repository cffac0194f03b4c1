import { FLY_KEYS, isForControl, pushOf } from "../actions/fly_keys";
import type { Navigator } from "./navigator";

/** Flies while keys are held, faster with Shift. Keys that do one thing once are actions, not here. */
export class KeyControls {
  readonly #held = new Set<string>();
  readonly #push: [number, number, number] = [0, 0, 0];
  #hurries = false;
  readonly #navigator: Navigator;
  readonly #onMove: () => void;
  readonly #abort = new AbortController();

  constructor(page: Window, navigator: Navigator, isActive: () => boolean, onMove: () => void) {
    this.#navigator = navigator;
    this.#onMove = onMove;
    const options = { signal: this.#abort.signal };
    page.addEventListener("keydown", (event) => {
      if (event.key === "Shift") this.#hurry(true);
      // An action had it: with a picture open, left and right walk along its neighbours.
      if (event.defaultPrevented) return;
      if (!(event.code in FLY_KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!isActive() || isForControl(event.target, event.key)) return;
      event.preventDefault();
      this.#held.add(event.code);
      this.#hurries = event.shiftKey;
      this.#apply();
    }, options);
    page.addEventListener("keyup", (event) => {
      if (event.key === "Shift") this.#hurry(false);
      if (this.#held.delete(event.code)) this.#apply();
    }, options);
    // A key let go in another window never comes up here.
    page.addEventListener("blur", () => {
      this.#held.clear();
      this.#apply();
    }, options);
  }

  dispose(): void {
    this.#abort.abort();
  }

  #hurry(hurries: boolean): void {
    this.#hurries = hurries;
    if (this.#held.size > 0) this.#apply();
  }

  #apply(): void {
    this.#navigator.push(...pushOf(this.#held, this.#push), this.#hurries);
    this.#onMove();
  }
}
