// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readBoxesShown } from "../../src/actions/toggle_boxes";
import type { Details } from "../../src/api/wire";
import { App } from "../../src/ui/app";
import { FIVE, makeContext, makeDetails, makeGalaxy, uuidOf } from "../support";

const FULL: Partial<Details> = {
  objects: [{ name: "Bicycle", score: 0.875, box: [0.125, 0.25, 0.375, 0.625] }],
  faces: [{ score: 0.98, box: [0.625, 0.125, 0.25, 0.375], landmarks: [[0.6875, 0.25], [0.8125, 0.25]], roll: -7.5, pan: 25, tilt: 0, likelihoods: { joy: 5, anger: 1 } }],
  text: { text: "Grüße aus\n<b>Lyon</b>", lines: [{ text: "Grüße aus", box: [0.6, 0.6, 0.2, 0.1] }, { text: "<b>Lyon</b>", box: [0.6, 0.75, 0.3, 0.1] }] },
  landmarks: [{ name: "Fourvière", score: 0.625, box: [0, 0, 0.5, 0.25], places: [{ latitude: 45.762293, longitude: -4.822529 }] }],
  logos: [{ name: "Acme", score: 0.5 }],
  colours: [{ colour: "#aabbcc", score: 0.5, pixel_fraction: 0.25 }],
  safe_search: { adult: 1, racy: 3 },
  web: { best_guess_labels: ["street in lyon"], entities: [{ name: "Old Lyon", score: 0.7 }] },
  failed: [],
  not_looked_for: [],
};

function open(changes: Partial<Details>) {
  const details = makeDetails(2, changes);
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok", selection: { uuid: uuidOf(2), index: 2 }, details: { status: "ready", details } });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  return context;
}

const section = (name: string): HTMLElement => screen.getByRole("heading", { level: 3, name }).closest("section")!;
const box = (id: string): HTMLElement | null => document.querySelector(`.box[data-mark="${id}"]`);
const dot = (id: string): HTMLElement | null => document.querySelector(`.dot[data-mark="${id}"]`);

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe(): void { /* sizes stay */ } disconnect(): void { /* nothing is kept */ } });
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
  window.localStorage.clear();
});

describe("what was found", () => {
  it("is told kind by kind, with boxes in shares of the picture", () => {
    open(FULL);
    expect(section("Objects").textContent).toBe("ObjectsBicycle88%");
    expect(box("objects-0")?.style.cssText).toContain("left: 12.5%; top: 25%; width: 37.5%; height: 62.5%");
    expect(section("Faces").textContent).toContain("turned right 25°, leaning left 8°");
    expect([...section("Faces").querySelectorAll(".scales > div")].map((row) => row.textContent)).toEqual(["Joyvery likely", "Angervery unlikely"]);
    expect(section("Faces").querySelectorAll(".step-full")).toHaveLength(6);
    expect(document.querySelectorAll(".face-point")).toHaveLength(2);
    expect(section("Landmarks").textContent).toContain("45.76229° N, 4.82253° W");
    expect(section("Colours").textContent).toContain("#aabbcc25%");
    expect(section("Safe search").textContent).toBe("Safe searchAdultvery unlikelyRacypossible");
    expect(section("On the web").textContent).toContain("street in lyon, Old Lyon");
    expect(document.querySelector(".missing")).toBeNull();
  });

  it("marks a landmark on a map of our own, and only links to a foreign one", () => {
    open(FULL);
    const map = screen.getByRole("img", { name: "Map of the surroundings of Fourvière, at 45.76229° N, 4.82253° W" });
    expect(map.style.backgroundSize).toMatch(/^720(\.00)?% 10/);
    expect(map.querySelector<HTMLElement>(".place-mark")?.style.cssText).toBe("left: 50%; top: 50%;");
    expect(screen.getByRole("link", { name: "On OpenStreetMap" }).getAttribute("href")).toBe("https://www.openstreetmap.org/?mlat=45.762293&mlon=-4.822529#map=14/45.762293/-4.822529");
  });

  it("has a row without a way to the picture where the annotator gave no box", () => {
    open(FULL);
    expect(section("Logos").textContent).toBe("LogosAcme50%");
    expect(dot("logos-0")).toBeNull();
  });

  it("shows text as it stands in the picture, never as HTML, and copies all of it", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    open(FULL);
    expect(within(section("Text")).getByText("<b>Lyon</b>")).toBeTruthy();
    expect(document.querySelector("b")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Copy text" }));
    expect(writeText).toHaveBeenCalledWith("Grüße aus\n<b>Lyon</b>");
    expect(await screen.findByText("Text copied")).toBeTruthy();
  });

  it("keeps apart what was not found, what failed and what nobody looked for", () => {
    open({ objects: [], text: { text: "", lines: [] }, safe_search: {}, failed: ["faces"], not_looked_for: ["landmarks", "web"] });
    expect([...document.querySelectorAll(".missing p")].map((line) => line.textContent)).toEqual([
      "Looked for, none found: objects, text, colours, safe search",
      "Failed: faces",
      "Not looked for: landmarks, the web",
    ]);
    expect(screen.queryByRole("heading", { name: "Objects" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Boxes" })).toBeNull();
  });

  it("draws no turn of a head that nobody measured", () => {
    open({ faces: [{ score: 0.9, landmarks: [], roll: 12, likelihoods: {} }] });
    expect(section("Faces").textContent).toContain("leaning right 12°");
    expect(document.querySelectorAll(".head path")).toHaveLength(0);
  });
});

describe("a box and its row", () => {
  it("light each other when either is pointed at", () => {
    open(FULL);
    fireEvent.pointerEnter(box("faces-0")!);
    expect(document.querySelector(".found-lit")?.textContent).toContain("Face 1");
    fireEvent.pointerLeave(box("faces-0")!);
    expect(document.querySelector(".found-lit")).toBeNull();
    fireEvent.pointerEnter(dot("text-1")!.closest("li")!);
    expect(document.querySelector(".box-lit")).toBe(box("text-1"));
    expect(box("text-1")?.textContent).toBe("<b>Lyon</b>");
  });

  it("lead to each other by Enter, and boxes to the next by arrow keys; Tab stops at one of them", () => {
    open(FULL);
    expect(document.querySelectorAll('.box[tabindex="0"]')).toHaveLength(1);
    act(() => { dot("objects-0")!.focus(); });
    fireEvent.click(dot("objects-0")!);
    expect(document.activeElement).toBe(box("objects-0"));
    fireEvent.keyDown(box("objects-0")!, { key: "ArrowRight" });
    expect(document.activeElement).toBe(box("faces-0"));
    expect(box("faces-0")?.tabIndex).toBe(0);
    fireEvent.click(box("faces-0")!);
    expect(document.activeElement).toBe(dot("faces-0"));
  });

  it("stays lit with the focus when the pointer has gone", () => {
    open(FULL);
    act(() => { dot("objects-0")!.focus(); });
    fireEvent.pointerEnter(box("faces-0")!);
    fireEvent.pointerLeave(box("faces-0")!);
    expect(document.querySelector(".box-lit")).toBe(box("objects-0"));
  });

  it("are hidden by a button or by B, remembered, and still come one at a time for the row pointed at", () => {
    open(FULL);
    fireEvent.click(screen.getByRole("button", { name: "Boxes" }));
    expect(screen.getByRole("button", { name: "Boxes" }).getAttribute("aria-pressed")).toBe("false");
    expect(document.querySelectorAll(".box, .face-point")).toHaveLength(0);
    expect(readBoxesShown()).toBe(false);
    fireEvent.pointerEnter(dot("objects-0")!.closest("li")!);
    expect(document.querySelectorAll(".box")).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: "Boxes" }));
    expect(readBoxesShown()).toBe(true);
  });
});
