// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ActionContext } from "../../src/actions/context";
import { flyToImage } from "../../src/actions/fly_to_image";
import { WireError } from "../../src/api/errors";
import type { State } from "../../src/store/state";
import { App } from "../../src/ui/app";
import { answering, FIVE, makeContext, makeDetails, makeFiles, makeGalaxy, uuidOf } from "../support";
import { stubPage } from "./page";

const DETAILS = makeDetails(2, {
  title: "Tabby on a wall",
  description: "A cat, asleep.",
  width: 4000,
  height: 3000,
  labels: [
    { term: "animal", score: 0.71, source: "local" },
    { term: "cat", score: 0.934, source: "sidecar" },
  ],
  colours: [{ colour: "#aabbcc", score: 0.5, pixel_fraction: 0.25 }],
  creator: "Jane Example",
  licence: "CC BY-SA 4.0",
  source_url: "https://example.org/cat",
  document: { labelAnnotations: [{ description: "cat" }] },
});

function show(state: Partial<State> = {}): ActionContext {
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok", ...state });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  return context;
}

beforeEach(() => {
  stubPage();
  vi.stubGlobal("fetch", answering({ ...makeFiles(FIVE), "d0.json": { version: 2, images: [makeDetails(0), makeDetails(1)] }, "d1.json": { version: 2, images: [DETAILS, makeDetails(3)] }, "d2.json": { version: 2, images: [makeDetails(4, { source_url: "javascript:alert(1)" })] } }));
  HTMLDialogElement.prototype.showModal = function showModal() { this.open = true; };
  HTMLDialogElement.prototype.close = function close() { this.open = false; };
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe("the page around the galaxy", () => {
  it("says what is shown, how much, and whose it is", () => {
    show();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Test library");
    expect(screen.getByText("5 pictures")).toBeTruthy();
    expect(screen.getByRole("link", { name: "OpenMoji" }).getAttribute("href")).toBe("https://openmoji.org");
    expect(document.querySelector(".credits")?.textContent).toBe("Pictures: OpenMoji, CC BY-SA 4.0");
  });

  it("lists the clusters, largest first, and flies to the one clicked", () => {
    const context = show();
    const rows = within(screen.getByRole("navigation", { name: "Clusters" })).getAllByRole("listitem");
    expect(rows.map((row) => row.textContent)).toEqual(["cat3", "dog2", "bird0"]);
    fireEvent.click(within(rows[1]!).getByRole("button"));
    expect(context.store.getState()).toMatchObject({ flight: { to: "cluster", cluster: 1 }, focusedCluster: 1 });
    expect(screen.getByText("dog, 2 pictures; nearest: cat.")).toBeTruthy();
  });

  it("moves through the clusters by arrow keys, and folds them away", () => {
    show();
    const buttons = within(screen.getByRole("navigation", { name: "Clusters" })).getAllByRole("button");
    act(() => { buttons[1]!.focus(); });
    fireEvent.keyDown(buttons[1]!, { key: "ArrowDown" });
    expect(document.activeElement).toBe(buttons[2]);
    fireEvent.click(screen.getByRole("button", { name: "Hide the clusters" }));
    expect(screen.queryAllByRole("listitem")).toHaveLength(0);
  });

  it("shows the keys on request", () => {
    const context = show();
    act(() => { context.store.setState({ helpOpen: true }); });
    expect(screen.getByRole("dialog", { name: "How to get around" }).textContent).toContain("See the whole galaxy");
  });
});

describe("when there is no galaxy to see", () => {
  it("shows that it is loading, and how far", () => {
    show({ phase: "loading", galaxy: null, progress: { arrived: 500_000, expected: 1_000_000 } });
    expect(screen.getByRole("progressbar").getAttribute("value")).toBe("0.5");
  });

  it.each([
    ["missing", "It has not been published, or it was withdrawn."],
    ["network", "The server could not be reached. Check the connection and try again."],
  ] as const)("says what is wrong when it is %s, and tries again", (kind, message) => {
    const context = show({ phase: "error", galaxy: null, error: new WireError(kind, "/x", "Expected /x.") });
    expect(screen.getByRole("alert").textContent).toContain(message);
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(context.store.getState().phase).toBe("loading");
  });

  it("offers a newer publication quietly, and takes no for an answer", () => {
    const { store } = show({ isUpdateOffered: true, newerPublication: "objects/n.json" });
    expect(screen.getByText("This galaxy has been updated.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Show it" })).toBeTruthy();
    fireEvent.click(within(screen.getByText("This galaxy has been updated.")).getByRole("button", { name: "Close" }));
    expect(screen.queryByText("This galaxy has been updated.")).toBeNull();
    expect(store.getState().newerPublication).toBe("objects/n.json");
  });

  it("says so when the galaxy is empty", () => {
    show({ phase: "empty", galaxy: makeGalaxy([]) });
    expect(screen.getByRole("heading", { level: 2 }).textContent).toBe("No pictures here yet");
  });
});

describe("the panel", () => {
  const open = async (index: number, state: Partial<State> = {}): Promise<ActionContext> => {
    const context = show(state);
    act(() => { flyToImage(context, index); });
    await vi.waitFor(() => { expect(["ready", "failed"]).toContain(context.store.getState().details?.status); });
    return context;
  };

  it("tells all that is known about the very picture", async () => {
    await open(2);
    const panel = await screen.findByRole("complementary", { name: "Tabby on a wall" });
    expect(panel.dataset.uuid).toBe(uuidOf(2));
    expect(within(panel).getByRole("img", { name: "Tabby on a wall" }).getAttribute("src")).toBe(`/media/${uuidOf(2)}/view`);
    expect([...panel.querySelectorAll(".label")].map((row) => row.textContent)).toEqual(["catlibrary93%", "animalmodel71%"]);
    expect(panel.querySelector<HTMLElement>(".bar > span")?.style.width).toBe("93.4%");
    for (const known of ["A cat, asleep.", "Jane Example", "CC BY-SA 4.0", "4,000 × 3,000 px"]) expect(within(panel).getByText(known)).toBeTruthy();
    expect(within(panel).getByRole("link", { name: "example.org/cat" })).toBeTruthy();
    expect(within(panel).getByTitle("Fly to cat").textContent).toBe("cat3");
  });

  it("shows the raw document where it is published, and says so where not", async () => {
    const context = await open(2);
    fireEvent.click(await screen.findByRole("tab", { name: "Document" }));
    expect(screen.getByRole("tabpanel").textContent).toContain('"description": "cat"');
    act(() => { flyToImage(context, 3); });
    await screen.findByRole("heading", { name: "Picture 3" });
    fireEvent.click(screen.getByRole("tab", { name: "Document" }));
    expect(screen.getByRole("tabpanel").textContent).toBe("The raw document of this picture is not published.");
  });

  it("keeps the picture's place, says that it failed, and loads it again", async () => {
    await open(2);
    const picture = await screen.findByRole("img", { name: "Tabby on a wall" });
    fireEvent.error(picture);
    expect(screen.getByRole("alert").textContent).toContain("The picture could not be loaded.");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(screen.getByRole("img", { name: "Tabby on a wall" })).toBeTruthy();
  });

  it("says when nothing can be told, and tries again", async () => {
    vi.stubGlobal("fetch", answering(makeFiles(FIVE)));
    await open(2);
    expect((await screen.findByRole("alert")).textContent).toContain("What is known about this picture could not be loaded.");
    vi.stubGlobal("fetch", answering({ ...makeFiles(FIVE), "d1.json": { version: 2, images: [DETAILS] } }));
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { name: "Tabby on a wall" })).toBeTruthy();
  });

  it("makes no link of an address that is not one of the web", async () => {
    await open(4);
    const panel = await screen.findByRole("complementary", { name: "Picture 4" });
    expect(within(panel).getByText("javascript:alert(1)")).toBeTruthy();
    expect(within(panel).queryByRole("link")).toBeNull();
  });

  it("copies the address of the picture", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    await open(2);
    fireEvent.click(screen.getByRole("button", { name: "Copy link" }));
    expect(writeText).toHaveBeenCalledWith(`${window.location.href.split("#")[0]!}#image=${uuidOf(2)}`);
    expect(await screen.findByText("Link copied")).toBeTruthy();
  });

  it("takes the focus in the list, and gives it back", async () => {
    const context = show({ view: "list" });
    const tile = await screen.findByRole("button", { name: "Picture 0" });
    act(() => { tile.focus(); });
    fireEvent.click(tile);
    const panel = await screen.findByRole("complementary", { name: "Picture 0" });
    expect(document.activeElement).toBe(panel);
    act(() => { context.store.setState({ selection: null, details: null }); });
    expect(document.activeElement).toBe(tile);
  });
});
