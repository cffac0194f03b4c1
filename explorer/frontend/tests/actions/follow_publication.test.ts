// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ActionContext } from "../../src/actions/context";
import { CHECK_MS, checkPublication, declineUpdate, followPublication } from "../../src/actions/follow_publication";
import { load } from "../../src/actions/load";
import { ask, typeQuery } from "../../src/actions/search";
import { selectImage } from "../../src/actions/select_image";
import { showNeighbours } from "../../src/actions/strip";
import { FORMAT_VERSION } from "../../src/api/wire";
import { makeSearchFiles } from "../search_support";
import { answering, makeContext, makeDetails, neighboursFile, uuidOf } from "../support";

const FILES = {
  ...makeSearchFiles(),
  "objects/neighbours.bin": neighboursFile([[[1, 255], [2, 200]], [[0, 255]], [[0, 200]], [], []]),
  "d0.json": { version: 2, images: [makeDetails(0), makeDetails(1)] },
  "d1.json": { version: 2, images: [makeDetails(2), makeDetails(3)] },
  "d2.json": { version: 2, images: [makeDetails(4), null] },
};
const pointer = (withdrawn: readonly string[], manifest = "objects/m.json") => ({
  "current.json": { format: "galaxy-pointer", version: FORMAT_VERSION, manifest, published_at: "", withdrawn },
});

let fetch: ReturnType<typeof vi.fn>;
function serve(changes: object): void {
  fetch = vi.fn(answering({ ...FILES, ...changes }));
  vi.stubGlobal("fetch", fetch);
}
const asked = (): string[] => fetch.mock.calls.map(([url]) => String(url).split("/").pop()!);

async function openPage(): Promise<ActionContext> {
  const context = makeContext({ gl: "ok" });
  await load(context);
  expect(context.store.getState().phase).toBe("ready");
  await context.store.getState().galaxy!.tables();
  return context;
}

let visibility: DocumentVisibilityState;
beforeEach(() => {
  serve({});
  visibility = "visible";
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
});
afterEach(() => { vi.useRealTimers(); });

describe("an open page", () => {
  it("reads the pointer when it comes into view and every ten minutes while it is, and nothing else", async () => {
    const context = await openPage();
    vi.useFakeTimers();
    serve({});
    const end = followPublication(context, window);
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(asked()).toEqual(["current.json"]);
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ cache: "no-cache" });
    visibility = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(3 * CHECK_MS);
    expect(asked()).toHaveLength(1);
    visibility = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(asked()).toEqual(["current.json", "current.json"]);
    end();
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(CHECK_MS);
    expect(asked()).toHaveLength(2);
  });

  it("stays as it is when the pointer cannot be had", async () => {
    const context = await openPage();
    const before = context.store.getState();
    vi.stubGlobal("fetch", answering({}));
    await checkPublication(context);
    expect(context.store.getState()).toBe(before);
  });
});

describe("what is withdrawn meanwhile", () => {
  it("vanishes from panel, strip, tour and what was found", async () => {
    const context = await openPage();
    const { store } = context;
    typeQuery(context, "cat");
    await ask(context, "cat");
    expect([...store.getState().search.found!.tiles]).toEqual([2, 0, 4]);
    await selectImage(context, 0);
    await showNeighbours(context);
    expect(store.getState().strip!.items.map(({ index }) => index)).toEqual([0, 1, 2]);
    store.setState({ tour: { stops: [0], at: 0, pictures: [uuidOf(2), uuidOf(4)] }, hovered: 2, hoveredTitle: "Picture 2" });
    serve(pointer([uuidOf(2)]));
    await checkPublication(context);
    expect(store.getState().strip!.items.map(({ index }) => index)).toEqual([0, 1]);
    expect(store.getState().tour!.pictures).toEqual([uuidOf(4)]);
    expect([...store.getState().search.found!.tiles]).toEqual([0, 4]);
    expect(store.getState().search.found!.nStrong).toBe(1);
    expect(store.getState()).toMatchObject({ hovered: -1, hoveredTitle: "", nWithdrawn: 1, selection: { index: 0 }, notice: "", isUpdateOffered: false });
    expect(store.getState().galaxy!.isShown(2)).toBe(false);
  });

  it("is closed where it is open, and the page says why", async () => {
    const context = await openPage();
    await selectImage(context, 0);
    await showNeighbours(context);
    context.store.setState({ viewerOpen: true });
    serve(pointer([uuidOf(0)]));
    await checkPublication(context);
    expect(context.store.getState()).toMatchObject({ selection: null, details: null, strip: null, viewerOpen: false, notice: "This picture has been withdrawn." });
  });

  it("is gone by name even while it is not known which point it is, and as a point the next time", async () => {
    const context = await openPage();
    await selectImage(context, 1);
    serve({ ...pointer([uuidOf(1)]), "objects/lookup.bin": new Uint8Array() });
    await checkPublication(context);
    expect(context.store.getState().selection).toBeNull();
    serve(pointer([uuidOf(1)]));
    await checkPublication(context);
    expect(context.store.getState().galaxy!.isShown(1)).toBe(false);
  });
});

describe("a newer publication", () => {
  it("is offered once, and not fetched", async () => {
    const context = await openPage();
    const { store } = context;
    serve(pointer([], "objects/newer.json"));
    await checkPublication(context);
    expect(store.getState()).toMatchObject({ isUpdateOffered: true, newerPublication: "objects/newer.json" });
    expect(asked()).toEqual(["current.json"]);
    declineUpdate(context);
    await checkPublication(context);
    expect(store.getState().isUpdateOffered).toBe(false);
    serve(pointer([], "objects/newest.json"));
    await checkPublication(context);
    expect(store.getState().isUpdateOffered).toBe(true);
    serve({});
    await checkPublication(context); // rolled back to the one that is shown
    expect(store.getState()).toMatchObject({ isUpdateOffered: false, newerPublication: "" });
  });
});
