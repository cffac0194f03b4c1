// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ActionContext } from "../../src/actions/context";
import { FLAG_NEWCOMER } from "../../src/api/wire";
import type { State } from "../../src/store/state";
import { App } from "../../src/ui/app";
import { fullAddress } from "../../src/ui/embedded";
import { FIVE, makeContext, makeGalaxy, uuidOf } from "../support";

class Observer {
  observe(): void {
    /* nothing has a size here */
  }
  disconnect(): void {
    /* nothing is kept */
  }
}

function show(state: Partial<State> = {}, hasFlat = true): ActionContext {
  const made = state.galaxy ?? makeGalaxy(FIVE);
  const galaxy = { ...made, manifest: { ...made.manifest, flat: hasFlat ? { origin: [0, 0] as const, extent: 1 } : null } };
  const context = makeContext({ phase: "ready", gl: "ok", ...state, galaxy });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  return context;
}
const openMenu = (): void => { fireEvent.click(within(screen.getByRole("group", { name: "View" })).getByRole("button", { name: "View" })); };
const button = (name: string): HTMLElement => screen.getByRole("button", { name });

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", Observer);
  vi.stubGlobal("IntersectionObserver", Observer);
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe("the view menu", () => {
  it("lays the galaxy flat, colours its points, draws lines, and tells what is chosen", () => {
    const context = show();
    openMenu();
    expect(button("In space").getAttribute("aria-pressed")).toBe("true");
    fireEvent.click(button("Flat"));
    fireEvent.click(button("Pictures"));
    fireEvent.click(button("Lines through clusters"));
    expect(context.store.getState()).toMatchObject({ layout: "flat", colouring: "mean", linesShown: true });
    expect(button("Flat").getAttribute("aria-pressed")).toBe("true");
    fireEvent.click(button("Flat"));
    expect(context.store.getState().layout).toBe("flat");
  });

  it("has no flat layout where the galaxy has none", () => {
    show({}, false);
    openMenu();
    expect(screen.queryByRole("button", { name: "Flat" })).toBeNull();
    expect(button("Clusters")).not.toBeNull();
  });

  it("closes with Escape, which closes nothing else, and at a click elsewhere", () => {
    show();
    openMenu();
    const escape = fireEvent.keyDown(button("Flat"), { key: "Escape" });
    expect(escape).toBe(false);
    expect(screen.queryByRole("button", { name: "Flat" })).toBeNull();
    openMenu();
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole("button", { name: "Flat" })).toBeNull();
  });
});

describe("a tour's caption", () => {
  it("tells the stop, and its buttons lead on and end it", () => {
    const context = show();
    act(() => { context.store.setState({ tour: { stops: [0, 1], at: 0, pictures: [uuidOf(2)] } }); });
    const caption = screen.getByRole("complementary", { name: "Guided tour" });
    expect(within(caption).getByRole("heading").textContent).toContain("cat");
    expect(caption.textContent).toContain("1 of 2");
    expect(caption.querySelector("img")?.getAttribute("src")).toBe(`/media/${uuidOf(2)}/small`);
    // What would only stand in the way is away.
    expect(screen.queryByRole("navigation", { name: "Clusters" })).toBeNull();
    fireEvent.click(button("Next stop"));
    expect(within(caption).getByRole("heading").textContent).toContain("dog");
    fireEvent.click(button("End the tour"));
    expect(screen.queryByRole("complementary", { name: "Guided tour" })).toBeNull();
  });
});

describe("news of an update", () => {
  const updated = FIVE.map((one, i) => ({ ...one, flags: i === 3 ? FLAG_NEWCOMER : 0 }));

  it("leads to the new pictures, lights them, and lets the others come forward again", () => {
    const context = show({ nNewcomers: 1234, galaxy: makeGalaxy(updated) });
    expect(document.body.textContent).toContain("1,234 new pictures");
    fireEvent.click(button("Show"));
    expect(context.store.getState().flight).toEqual({ to: "newcomers" });
    expect([...context.store.getState().matches!]).toEqual([0, 0, 0, 1]);
    fireEvent.click(button("Close"));
    expect(context.store.getState()).toMatchObject({ nNewcomers: 0, matches: null });
    expect(document.querySelector(".newcomers")).toBeNull();
  });

  it("leaves alone what something else has lit since", () => {
    const context = show({ nNewcomers: 1, galaxy: makeGalaxy(updated) });
    fireEvent.click(button("Show"));
    const found = Uint8Array.of(1);
    act(() => { context.store.setState({ matches: found }); });
    fireEvent.click(button("Close"));
    expect(context.store.getState().matches).toBe(found);
  });
});

describe("in a frame", () => {
  it("there is no way home, but one to a page of its own", () => {
    show({ embedded: true });
    expect(screen.queryByRole("link", { name: "All galaxies" })).toBeNull();
    const link = screen.getByRole("link", { name: "Open in full" });
    expect(link.getAttribute("target")).toBe("_blank");
  });

  it("that page shows the same view, and keeps what else was asked for", () => {
    const page = { origin: "https://g.example", pathname: "/galaxy/sky/", search: "?embed=1&kiosk=1&lang=de", hash: "#mode=flat" };
    expect(fullAddress(page as Location)).toBe("https://g.example/galaxy/sky/?lang=de#mode=flat");
    expect(fullAddress({ ...page, search: "?embed=1", hash: "" } as Location)).toBe("https://g.example/galaxy/sky/");
  });
});
