// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ActionContext } from "../../src/actions/context";
import { followKeyboard } from "../../src/actions/keyboard";
import { APPROACH_MS, guideTour, IDLE_MS, moveTour, startTour, STOP_MS, stopTour } from "../../src/actions/tour";
import { answering, FIVE, makeContext, makeFiles, makeGalaxy, uuidOf } from "../support";

const ready = (): ActionContext => makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
let endings: (() => void)[] = [];
const guide = (context: ActionContext, isKiosk = false): void => {
  endings.push(followKeyboard(context, window), guideTour(context, window, isKiosk));
};
const press = (key: string, target: Element = document.body): boolean => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const touch = (target: Element = document.body): boolean => target.dispatchEvent(new Event("pointerdown", { bubbles: true }));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", answering(makeFiles(FIVE)));
});
afterEach(() => {
  for (const end of endings) end();
  endings = [];
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("the guided tour", () => {
  it("flies to each cluster with pictures in turn, comes near some of them, and begins again", async () => {
    const context = ready();
    guide(context);
    startTour(context);
    const { store } = context;
    expect(store.getState()).toMatchObject({ tour: { stops: [0, 1], at: 0 }, flight: { to: "cluster", cluster: 0 }, focusedCluster: 0 });
    expect(store.getState().announcement).toBe("Stop 1 of 2: cat, 3 pictures.");
    await vi.advanceTimersByTimeAsync(APPROACH_MS);
    // Of the cats the first lies nearest to the middle.
    expect(store.getState().flight).toEqual({ to: "near", index: 4 });
    await vi.advanceTimersByTimeAsync(STOP_MS - APPROACH_MS);
    expect(store.getState()).toMatchObject({ tour: { at: 1 }, flight: { to: "cluster", cluster: 1 }, focusedCluster: 1 });
    await vi.advanceTimersByTimeAsync(STOP_MS);
    expect(store.getState()).toMatchObject({ tour: { at: 0 }, focusedCluster: 0 });
  });

  it("shows pictures of the stop it is at", async () => {
    const context = ready();
    guide(context);
    startTour(context);
    await vi.waitFor(() => { expect(context.store.getState().tour?.pictures).toEqual([4, 2, 0].map(uuidOf)); });
    moveTour(context, 1);
    expect(context.store.getState().tour?.pictures).toEqual([]);
    await vi.waitFor(() => { expect(context.store.getState().tour?.pictures).toEqual([3, 1].map(uuidOf)); });
  });

  it("closes what was open, and goes back from the first stop to the last", () => {
    const context = ready();
    guide(context);
    context.store.setState({ selection: { uuid: uuidOf(1), index: 1 }, view: "list", helpOpen: true });
    startTour(context);
    expect(context.store.getState()).toMatchObject({ selection: null, view: "space", helpOpen: false });
    moveTour(context, -1);
    expect(context.store.getState().tour?.at).toBe(1);
  });

  it.each([
    ["a touch", () => touch()],
    ["a key", () => press("x")],
    ["the wheel", () => document.body.dispatchEvent(new Event("wheel", { bubbles: true }))],
  ])("stops at %s, says so, and stays stopped", async (_, deed) => {
    const context = ready();
    guide(context);
    startTour(context);
    deed();
    expect(context.store.getState()).toMatchObject({ tour: null, announcement: "The tour has ended. You are where it was.", focusedCluster: 0 });
    const { flight } = context.store.getState();
    await vi.advanceTimersByTimeAsync(2 * STOP_MS);
    expect(context.store.getState()).toMatchObject({ tour: null, flight });
  });

  it("is not stopped by its own buttons, and by its own key is ended, not begun again", () => {
    const context = ready();
    guide(context);
    press("t");
    expect(context.store.getState().tour).not.toBeNull();
    document.body.innerHTML = '<div data-tour><button type="button">Next</button></div>';
    const own = document.querySelector("button")!;
    touch(own);
    press("Tab", own);
    expect(context.store.getState().tour).not.toBeNull();
    press("x", own);
    expect(context.store.getState().tour).toBeNull();
    press("t");
    expect(context.store.getState().tour).not.toBeNull();
    press("T");
    expect(context.store.getState().tour).toBeNull();
  });

  it("cannot begin where nothing is drawn", () => {
    const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "missing", view: "list" });
    startTour(context);
    expect(context.store.getState().tour).toBeNull();
  });
});

describe("a kiosk", () => {
  it("begins the tour when nobody has touched it for a while, and again after it was stopped", async () => {
    const context = makeContext({ galaxy: makeGalaxy(FIVE), gl: "ok" });
    guide(context, true);
    context.store.setState({ phase: "ready" });
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1000);
    document.body.dispatchEvent(new Event("pointermove", { bubbles: true }));
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1000);
    expect(context.store.getState().tour).toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    expect(context.store.getState().tour).not.toBeNull();
    touch();
    expect(context.store.getState().tour).toBeNull();
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(context.store.getState().tour).not.toBeNull();
  });

  it("other pages leave everybody in peace", async () => {
    const context = ready();
    guide(context);
    await vi.advanceTimersByTimeAsync(10 * IDLE_MS);
    expect(context.store.getState().tour).toBeNull();
    stopTour(context);
    expect(context.store.getState().announcement).toBe("");
  });
});
