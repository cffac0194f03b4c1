// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ActionContext } from "../../src/actions/context";
import { flyToImage } from "../../src/actions/fly_to_image";
import { followKeyboard } from "../../src/actions/keyboard";
import { App } from "../../src/ui/app";
import { answering, binaryFile, FIVE, makeContext, makeDetails, makeFiles, makeGalaxy, makeTables, neighboursFile, uuidOf } from "../support";
import { stubPage } from "./page";

/** Of pictures 0 to 4: the nearest, with their cosines of 255. Nothing is like picture 4. */
const NEAR: readonly (readonly (readonly [tile: number, cosine: number])[])[] = [
  [[2, 237], [1, 204], [3, 128], [4, 0]],
  [[0, 204]],
  [[0, 237], [3, 51]],
  [[0, 128]],
  [],
];
/** Two features a picture. Picture 2 is like 0, 1 somewhat, 3 is the opposite, of 4 nothing is known. */
const CODES = Int8Array.from([100, 0, 60, 80, 99, 5, -100, 0, 0, 0]);

const FILES = {
  ...makeFiles(FIVE),
  "objects/t.json": { ...makeTables(5), codes: { ...makeTables(5).codes, recall_at_50: 0.87 } },
  "objects/neighbours.bin": neighboursFile(NEAR),
  "objects/codes.bin": binaryFile("GLXC", 5, new Uint8Array(CODES.buffer), 2),
  "d0.json": { version: 2, images: [makeDetails(0), makeDetails(1)] },
  "d1.json": { version: 2, images: [makeDetails(2, { title: "Tabby" }), makeDetails(3)] },
  "d2.json": { version: 2, images: [makeDetails(4)] },
};

let unfollow: () => void;

async function open(index: number): Promise<ActionContext> {
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  unfollow = followKeyboard(context, window);
  act(() => { flyToImage(context, index); });
  await screen.findByRole("region", { name: /Nearest/ });
  return context;
}

const strip = (): HTMLElement => document.querySelector<HTMLElement>(".strip")!;
const thumbs = (): HTMLElement[] => [...strip().querySelectorAll<HTMLElement>(".thumb")];
const pictures = (): (string | null | undefined)[] => thumbs().map((thumb) => thumb.querySelector("img")?.getAttribute("src"));
const small = (index: number): string => `/media/${uuidOf(index)}/small`;
const selected = (context: ActionContext): string | undefined => context.store.getState().selection?.uuid;
const press = (key: string, target: Element = document.body): void => { fireEvent.keyDown(target, { key }); };

beforeEach(() => {
  stubPage();
  vi.stubGlobal("fetch", answering(FILES));
});
afterEach(() => {
  unfollow();
  cleanup();
  document.body.replaceChildren();
});

describe("the nearest pictures", () => {
  it("lie beside the picture itself, with how alike they are and what they are called", async () => {
    await open(0);
    await vi.waitFor(() => { expect(pictures()).toEqual([small(0), small(2), small(1), small(3)]); });
    expect(await screen.findByRole("button", { name: "Tabby, 93% alike, 1 of 3" })).toBeTruthy();
    expect(thumbs().map((thumb) => thumb.textContent)).toEqual(["", "93%", "80%", "50%"]);
    expect(thumbs()[0]!.getAttribute("aria-current")).toBe("true");
    expect(thumbs().every((thumb) => thumb.querySelector("img")?.getAttribute("loading") === "lazy")).toBe(true);
  });

  it("are walked along by arrow keys, and stay while one walks", async () => {
    const context = await open(0);
    await vi.waitFor(() => { expect(thumbs()).toHaveLength(4); });
    press("ArrowRight");
    press("ArrowRight");
    await vi.waitFor(() => { expect(selected(context)).toBe(uuidOf(1)); });
    expect(context.store.getState().flight).toEqual({ to: "image", index: 1 });
    expect(pictures()).toEqual([small(0), small(2), small(1), small(3)]);
    press("ArrowLeft");
    press("ArrowLeft");
    press("ArrowLeft");
    await vi.waitFor(() => { expect(selected(context)).toBe(uuidOf(0)); });
    expect(await screen.findByText("Picture 0, in cat; nearest: Tabby.")).toBeTruthy();
  });

  it("take the focus along when walked from within", async () => {
    await open(0);
    await vi.waitFor(() => { expect(thumbs()).toHaveLength(4); });
    act(() => { thumbs()[0]!.focus(); });
    press("ArrowRight", thumbs()[0]);
    await vi.waitFor(() => { expect(document.activeElement).toBe(thumbs()[1]); });
    expect(thumbs().map((thumb) => thumb.tabIndex)).toEqual([-1, 0, -1, -1]);
  });

  it("give way to those of the picture clicked", async () => {
    const context = await open(0);
    await vi.waitFor(() => { expect(thumbs()).toHaveLength(4); });
    fireEvent.click(thumbs()[1]!);
    await vi.waitFor(() => { expect(pictures()).toEqual([small(2), small(0), small(3)]); });
    press("ArrowRight");
    await vi.waitFor(() => { expect(selected(context)).toBe(uuidOf(0)); });
    fireEvent.click(thumbs()[1]!);
    await vi.waitFor(() => { expect(pictures()).toEqual([small(0), small(2), small(1), small(3)]); });
  });

  it("are told to be missing where nothing is known, and to have failed where they did not come", async () => {
    const context = await open(4);
    expect(await screen.findByText("Nothing is known that others could be compared by.")).toBeTruthy();
    vi.stubGlobal("fetch", answering({ ...FILES, "objects/neighbours.bin": "no" }));
    act(() => { context.store.setState({ galaxy: makeGalaxy(FIVE), selection: null }); });
    act(() => { flyToImage(context, 0); });
    const alert = await screen.findByText("What is nearest could not be loaded.");
    vi.stubGlobal("fetch", answering(FILES));
    fireEvent.click(within(alert.parentElement!).getByRole("button", { name: "Try again" }));
    await vi.waitFor(() => { expect(thumbs()).toHaveLength(4); });
  });
});

describe("more like this", () => {
  const ask = (): void => { fireEvent.click(within(strip()).getByRole("button", { name: "More like this" })); };

  it("finds what is like the picture by its code, best first, and lights it in space", async () => {
    const context = await open(0);
    ask();
    expect(await screen.findByText("2, approximate: 87% of the truly nearest are found")).toBeTruthy();
    expect(pictures()).toEqual([small(0), small(2), small(1)]);
    expect([...context.store.getState().matches!]).toEqual([1, 1, 1, 0, 0]);
    expect(screen.getByText("2 pictures more or less like this.")).toBeTruthy();
  });

  it("stays while one looks at what it found, and closes by Escape before the panel does", async () => {
    const context = await open(0);
    ask();
    await vi.waitFor(() => { expect(thumbs()).toHaveLength(3); });
    fireEvent.click(thumbs()[2]!);
    await vi.waitFor(() => { expect(selected(context)).toBe(uuidOf(1)); });
    expect(pictures()).toEqual([small(0), small(2), small(1)]);
    press("Escape");
    expect(context.store.getState().matches).toBeNull();
    await vi.waitFor(() => { expect(pictures()).toEqual([small(1), small(0)]); });
    expect(selected(context)).toBe(uuidOf(1));
  });

  it("lets go of the light when the panel closes, and gives it back to what a search had lit", async () => {
    const context = await open(0);
    const searched = Uint8Array.from([0, 1, 0, 1, 0]);
    act(() => { context.store.setState({ matches: searched }); });
    ask();
    await vi.waitFor(() => { expect(context.store.getState().matches?.[0]).toBe(1); });
    act(() => { context.store.setState({ selection: null, details: null }); });
    expect(context.store.getState().strip).toBeNull();
    expect(context.store.getState().matches).toBe(searched);
  });

  it("says how much it would load, and loads it only when told to", async () => {
    const asked: string[] = [];
    const parts = [0, 1].map((i) => ({ url: `objects/c${i}.bin`, first: 300_000 * i, n: 300_000 }));
    const answer = answering({ ...FILES, "objects/t.json": { ...makeTables(5), n_tiles: 600_000, codes: { n_features: 32, recall_at_50: null, parts } } });
    vi.stubGlobal("fetch", (input: string) => {
      asked.push(input);
      return answer(input);
    });
    await open(0);
    ask();
    expect(await screen.findByText("To compare with all pictures, 19 MB are loaded once.")).toBeTruthy();
    expect(asked.some((url) => url.endsWith("c0.bin"))).toBe(false);
    fireEvent.click(screen.getByRole("button", { name: "Load" }));
    expect(await screen.findByText("The pictures could not be compared.")).toBeTruthy();
    expect(asked.some((url) => url.endsWith("c0.bin"))).toBe(true);
  });

  it("finds nothing like a picture of which nothing is known", async () => {
    const context = await open(4);
    ask();
    expect(await screen.findByText("0 pictures more or less like this.")).toBeTruthy();
    expect(screen.getByText("Nothing was found that is much like it; the comparison is approximate.")).toBeTruthy();
    expect(context.store.getState().matches).toBeNull();
  });
});
