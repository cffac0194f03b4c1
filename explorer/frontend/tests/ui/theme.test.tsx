// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flyToImage } from "../../src/actions/fly_to_image";
import { followTheme, readTheme, setTheme } from "../../src/actions/theme";
import { App } from "../../src/ui/app";
import { addressIn } from "../../src/ui/view_menu";
import { answering, FIVE, makeContext, makeFiles, makeGalaxy } from "../support";

/** A system that is light or dark, and changes its mind. */
class System extends EventTarget {
  matches = false;
  turn(isLight: boolean): void {
    this.matches = isLight;
    this.dispatchEvent(new Event("change"));
  }
}

let system: System;
let isNarrow: boolean;

beforeEach(() => {
  system = new System();
  isNarrow = false;
  const observer = class { observe(): void { /* seen never */ } disconnect(): void { /* nothing is kept */ } };
  vi.stubGlobal("ResizeObserver", observer);
  vi.stubGlobal("IntersectionObserver", observer);
  vi.stubGlobal("matchMedia", (query: string) => (query.includes("scheme") ? system : { matches: isNarrow }));
  vi.stubGlobal("fetch", answering(makeFiles(FIVE)));
});
afterEach(() => {
  cleanup();
  window.localStorage.clear();
  document.body.replaceChildren();
});

describe("dark and light", () => {
  it("follow the system, until one of them is chosen, which is remembered", () => {
    const context = makeContext();
    const end = followTheme(context, window);
    system.turn(true);
    expect(context.store.getState().isLight).toBe(true);
    expect(document.documentElement.dataset.theme).toBeUndefined();

    setTheme(context, "dark");
    expect(context.store.getState().isLight).toBe(false);
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(readTheme()).toBe("dark");

    setTheme(context, "auto");
    expect(context.store.getState().isLight).toBe(true);
    end();
    system.turn(false);
    expect(context.store.getState().isLight).toBe(true);
  });

  it("can be chosen in a browser that keeps nothing", () => {
    vi.stubGlobal("localStorage", { getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("no"); }, clear: () => undefined });
    const context = makeContext();
    setTheme(context, "light");
    expect([context.store.getState().theme, readTheme()]).toEqual(["light", "auto"]);
  });

  it("stand in the view menu, in the list too, beside the languages", () => {
    const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "missing", view: "list" });
    render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
    fireEvent.click(screen.getByRole("button", { name: "View" }));
    const choices = within(screen.getByRole("group", { name: "Brightness" }));
    fireEvent.click(choices.getByRole("button", { name: "Light" }));
    expect(choices.getByRole("button", { name: "Light" }).getAttribute("aria-pressed")).toBe("true");
    expect(context.store.getState().theme).toBe("light");
    const german = screen.getByRole("link", { name: "Deutsch" });
    expect([german.lang, german.getAttribute("href")]).toEqual(["de", "/?lang=de"]);
  });
});

it("another language shows the same view", () => {
  const place = { pathname: "/galaxy/sky/", search: "?embed=1&lang=en", hash: "#mode=flat" } as Location;
  expect(addressIn("de", place)).toBe("/galaxy/sky/?embed=1&lang=de#mode=flat");
});

describe("on a phone", () => {
  const stripIn = async (selector: string): Promise<boolean> => {
    const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
    render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
    act(() => { flyToImage(context, 0); });
    const strip = await screen.findByRole("region", { name: "Nearest" });
    return strip.closest(selector) !== null;
  };

  it("the strip scrolls with what is read", async () => {
    isNarrow = true;
    expect(await stripIn(".panel-body")).toBe(true);
  });

  it("elsewhere it stays in sight", async () => {
    expect(await stripIn(".panel-body")).toBe(false);
  });
});
