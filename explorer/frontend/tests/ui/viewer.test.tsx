// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followKeyboard } from "../../src/actions/keyboard";
import { App } from "../../src/ui/app";
import { FIVE, makeContext, makeDetails, makeGalaxy, uuidOf } from "../support";

const DETAILS = makeDetails(2, {
  title: "Tabby on a wall",
  width: 4000,
  height: 2000,
  objects: [{ name: "Cat", score: 0.9, box: [0.25, 0.25, 0.1, 0.1] }],
  faces: [{ score: 0.9, box: [0.8, 0.1, 0.1, 0.1], landmarks: [[0.85, 0.15]], likelihoods: {} }],
});

let unfollow: () => void;

function open() {
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok", selection: { uuid: uuidOf(2), index: 2 }, details: { status: "ready", details: DETAILS } });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  unfollow = followKeyboard(context, window);
  return context;
}

const look = (): HTMLElement => {
  fireEvent.click(screen.getByRole("button", { name: "Look closely" }));
  return screen.getByRole("dialog", { name: "Tabby on a wall, over the whole window" });
};
const place = (): CSSStyleDeclaration => document.querySelector<HTMLElement>(".viewer-place")!.style;
const stage = (): HTMLElement => document.querySelector<HTMLElement>(".viewer-stage")!;

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe(): void { /* sizes stay */ } disconnect(): void { /* nothing is kept */ } });
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1000);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(800);
  HTMLDialogElement.prototype.showModal = function showModal() { this.open = true; };
  HTMLDialogElement.prototype.close = function close() { this.open = false; this.dispatchEvent(new Event("close")); };
});
afterEach(() => {
  unfollow();
  cleanup();
  document.body.replaceChildren();
});

describe("looking closely", () => {
  it("shows the picture over the whole window, all of it, with its boxes and a row for each", () => {
    open();
    const viewer = look();
    expect([place().width, place().height]).toEqual(["1000px", "500px"]);
    expect(within(viewer).getByRole("img", { name: "Tabby on a wall" }).getAttribute("src")).toBe(`/media/${uuidOf(2)}/view`);
    expect(within(viewer).getAllByRole("listitem").map((row) => row.textContent)).toEqual(["Cat", "Face 1"]);
    expect(viewer.querySelectorAll(".box")).toHaveLength(2);
    expect(viewer.querySelector<HTMLElement>(".box")?.style.left).toBe("25%");
    expect(viewer.querySelectorAll(".face-point")).toHaveLength(1);
  });

  it("is nearer by wheel, double click, button and +, and whole again by 0", () => {
    open();
    look();
    fireEvent.wheel(stage(), { deltaY: -400 });
    expect(place().width).toBe("1896.48px");
    fireEvent.keyDown(stage(), { key: "0" });
    expect(place().width).toBe("1000px");
    fireEvent.doubleClick(stage());
    expect(place().width).toBe("3000px");
    fireEvent.doubleClick(stage());
    fireEvent.keyDown(stage(), { key: "+" });
    expect(screen.getByText("140%")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Farther" }));
    expect(screen.getByText("100%")).toBeTruthy();
  });

  it("is shifted by a drag and by arrow keys, and pinched by two fingers", () => {
    open();
    look();
    fireEvent.keyDown(stage(), { key: "+" });
    fireEvent.keyDown(stage(), { key: "ArrowRight" });
    expect(place().transform).toContain("translate(-150px");
    fireEvent(stage(), new MouseEvent("pointerdown", { clientX: 100, clientY: 100, button: 0, bubbles: true }));
    fireEvent(window, new MouseEvent("pointermove", { clientX: 130, clientY: 100 }));
    expect(place().transform).toContain("translate(-120px");
    fireEvent(window, new MouseEvent("pointerup"));
    fireEvent(window, new MouseEvent("pointermove", { clientX: 0, clientY: 0 }));
    expect(place().transform).toContain("translate(-120px");

    const finger = (kind: string, pointerId: number, clientX: number): void => {
      fireEvent(kind === "pointerdown" ? stage() : window, Object.assign(new MouseEvent(kind, { clientX, clientY: 400, bubbles: true }), { pointerId }));
    };
    fireEvent.keyDown(stage(), { key: "0" });
    finger("pointerdown", 1, 400);
    finger("pointerdown", 2, 600);
    finger("pointermove", 1, 300);
    finger("pointermove", 2, 700);
    expect(place().width).toBe("2000px");
    expect(place().transform).toMatch(/translate\(0px(, 0px)?\)$/);
  });

  it("links boxes and rows, and goes to a box that is out of sight", () => {
    open();
    const viewer = look();
    fireEvent.pointerEnter(viewer.querySelector('.box[data-mark="objects-0"]')!);
    expect(viewer.querySelector(".viewer-row.found-lit")?.textContent).toBe("Cat");
    for (let i = 0; i < 6; i += 1) fireEvent.keyDown(stage(), { key: "+" });
    const row = within(viewer).getByRole("button", { name: "Show on the picture: Face 1" });
    act(() => { row.focus(); });
    fireEvent.click(row);
    expect(document.activeElement).toBe(viewer.querySelector('.box[data-mark="faces-0"]'));
    expect(place().transform).not.toMatch(/translate\(0px/);
    fireEvent.click(document.activeElement!);
    expect(document.activeElement).toBe(row);
  });

  it("opens by Z, keeps the keys to itself, and closes by Z, its button, Escape, or with the panel", () => {
    const context = open();
    fireEvent.keyDown(document.body, { key: "z" });
    expect(context.store.getState().viewerOpen).toBe(true);
    fireEvent.keyDown(stage(), { key: "l" });
    expect(context.store.getState().view).toBe("space");
    fireEvent.keyDown(stage(), { key: "z" });
    expect(context.store.getState()).toMatchObject({ viewerOpen: false, selection: { index: 2 } });
    look();
    fireEvent.click(screen.getByRole("button", { name: "Close the large picture" }));
    expect(context.store.getState().viewerOpen).toBe(false);
    look();
    fireEvent.keyDown(document.body, { key: "Escape" });
    expect(context.store.getState()).toMatchObject({ viewerOpen: false, selection: { index: 2 } });
    look();
    act(() => { context.store.setState({ selection: null, details: null }); });
    expect(context.store.getState().viewerOpen).toBe(false);
  });
});
