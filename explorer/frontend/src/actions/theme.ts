import type { Theme } from "../store/state";
import type { ActionContext } from "./context";

const STORED_AS = "galaxy.theme";
const PREFERS_LIGHT = "(prefers-color-scheme: light)";
/** What a phone's browser draws around the page; `--night` in ui/styles/tokens.css. */
const AROUND = { light: "#e4eaf4", dark: "#07090f" };

/** The choice as it was left the last time; at first what the system says. */
export function readTheme(): Theme {
  try {
    const stored = window.localStorage.getItem(STORED_AS);
    return stored === "dark" || stored === "light" ? stored : "auto";
  } catch {
    return "auto"; // a browser that keeps nothing for this page
  }
}

/** Chooses dark, light, or what the system says, and remembers it. */
export function setTheme({ store }: ActionContext, theme: Theme): void {
  store.setState({ theme });
  try {
    window.localStorage.setItem(STORED_AS, theme);
  } catch {
    // It holds until the page is closed.
  }
}

/** Keeps the page as light or dark as is chosen, and tells the state. Returns what ends it. */
export function followTheme({ store }: ActionContext, page: Window): () => void {
  const prefersLight = page.matchMedia(PREFERS_LIGHT);
  const apply = (): void => {
    const { theme } = store.getState();
    const isLight = theme === "auto" ? prefersLight.matches : theme === "light";
    const { documentElement, head } = page.document;
    if (theme === "auto") delete documentElement.dataset.theme;
    else documentElement.dataset.theme = theme;
    head.querySelector('meta[name="theme-color"]')?.setAttribute("content", isLight ? AROUND.light : AROUND.dark);
    if (store.getState().isLight !== isLight) store.setState({ isLight });
  };
  apply();
  prefersLight.addEventListener("change", apply);
  const unsubscribe = store.subscribe((state, before) => { if (state.theme !== before.theme) apply(); });
  return () => {
    prefersLight.removeEventListener("change", apply);
    unsubscribe();
  };
}
