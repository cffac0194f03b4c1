// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { close } from "../../src/actions/close";
import { flyToCluster } from "../../src/actions/fly_to_cluster";
import { flyToImage } from "../../src/actions/fly_to_image";
import { isForControl, pushOf } from "../../src/actions/fly_keys";
import { hoverImage } from "../../src/actions/hover_image";
import { actionOfKey, followKeyboard, KEY_ACTIONS } from "../../src/actions/keyboard";
import { load } from "../../src/actions/load";
import { retryDetails, selectImage } from "../../src/actions/select_image";
import { step } from "../../src/actions/step";
import { toggleList } from "../../src/actions/toggle_list";
import { watch } from "../../src/store/store";
import { answering, FIVE, makeContext, makeDetails, makeFiles, makeGalaxy, uuidOf } from "../support";

const FILES = {
  ...makeFiles(FIVE),
  "d0.json": { version: 2, images: [makeDetails(0), makeDetails(1)] },
  "d1.json": { version: 2, images: [makeDetails(2), makeDetails(3)] },
  "d2.json": { version: 2, images: [makeDetails(4)] },
};
const ready = () => makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });

beforeEach(() => {
  vi.stubGlobal("fetch", answering(FILES));
  window.history.replaceState(null, "", "/galaxy/test/");
});

describe("selecting a picture", () => {
  it("opens it, lets its cluster stand out, fetches its details and says so", async () => {
    const context = ready();
    const selected = selectImage(context, 3);
    await vi.waitFor(() => { expect(context.store.getState()).toMatchObject({ selection: { uuid: uuidOf(3), index: 3 }, selecting: -1, focusedCluster: 1 }); });
    await selected;
    expect(context.store.getState().details?.status).toBe("ready");
    expect(context.store.getState().announcement).toBe("Picture 3, in dog.");
  });

  it("drops an answer that comes after another picture was opened", async () => {
    const context = ready();
    await Promise.all([selectImage(context, 0), selectImage(context, 2)]);
    await vi.waitFor(() => { expect(context.store.getState().details).toMatchObject({ status: "ready", details: { uuid: uuidOf(2) } }); });
  });

  it("says when the details cannot be had, and gets them on retry", async () => {
    vi.stubGlobal("fetch", answering(makeFiles(FIVE)));
    const context = ready();
    await selectImage(context, 0);
    expect(context.store.getState().details?.status).toBe("failed");
    vi.stubGlobal("fetch", answering(FILES));
    retryDetails(context);
    await vi.waitFor(() => { expect(context.store.getState().details?.status).toBe("ready"); });
  });

  it("says so when not even its uuid can be had, and keeps what is open", async () => {
    vi.stubGlobal("fetch", answering({}));
    const context = ready();
    await selectImage(context, 0);
    expect(context.store.getState()).toMatchObject({ selection: null, selecting: -1, notice: "This picture could not be opened. Try again." });
  });

  it("is not opened any more once one has pressed Escape", async () => {
    const context = ready();
    const selected = selectImage(context, 0);
    close.perform(context);
    await selected;
    expect(context.store.getState().selection).toBeNull();
  });

  it("flies there, again and again", () => {
    const context = ready();
    flyToImage(context, 1);
    const first = context.store.getState().flight;
    flyToImage(context, 1);
    expect(first).toEqual({ to: "image", index: 1 });
    expect(context.store.getState().flight).not.toBe(first);
  });
});

describe("stepping", () => {
  it("goes round the pictures of the open one's cluster", async () => {
    const context = ready();
    const opened = (index: number) => vi.waitFor(() => { expect(context.store.getState().selection?.index).toBe(index); });
    await selectImage(context, 0);
    step(context, 1);
    await opened(2);
    step(context, -1);
    await opened(0);
    step(context, -1);
    await opened(4);
  });

  it("passes over what is not shown", async () => {
    const context = ready();
    context.store.getState().galaxy!.points.flags[2] = 1;
    await selectImage(context, 0);
    step(context, 1);
    await vi.waitFor(() => { expect(context.store.getState().selection?.index).toBe(4); });
  });

  it("goes round the clusters when none is open", () => {
    const context = ready();
    step(context, 1);
    expect(context.store.getState().focusedCluster).toBe(0);
    step(context, -1);
    expect(context.store.getState().focusedCluster).toBe(2);
    expect(context.store.getState().announcement).toBe("bird, 0 pictures; nearest: cat.");
  });
});

describe("closing", () => {
  it("closes one thing at a time: help, picture, focus", async () => {
    const context = ready();
    await selectImage(context, 0);
    context.store.setState({ helpOpen: true });
    close.perform(context);
    expect(context.store.getState()).toMatchObject({ helpOpen: false, selection: { index: 0 } });
    close.perform(context);
    expect(context.store.getState()).toMatchObject({ selection: null, details: null, focusedCluster: 0 });
    close.perform(context);
    expect(context.store.getState().focusedCluster).toBeNull();
  });
});

describe("hovering", () => {
  it("asks for the title only of what the pointer rests on", async () => {
    const fetch = vi.fn(answering(FILES));
    vi.stubGlobal("fetch", fetch);
    const context = ready();
    hoverImage(context, 0);
    hoverImage(context, 4);
    await vi.waitFor(() => { expect(context.store.getState().hoveredTitle).toBe("Picture 4"); });
    expect(fetch.mock.calls.filter(([url]) => typeof url === "string" && /d\d\.json/.test(url))).toHaveLength(1);
    hoverImage(context, -1);
    expect(context.store.getState()).toMatchObject({ hovered: -1, hoveredTitle: "" });
  });
});

describe("loading", () => {
  it("ends ready, counting the bytes", async () => {
    vi.stubGlobal("fetch", answering(makeFiles(FIVE)));
    const context = makeContext();
    await load(context);
    expect(context.store.getState().phase).toBe("ready");
    expect(context.store.getState().progress.arrived).toBeGreaterThan(100);
  });

  it("tells an empty galaxy from a missing one, and a missing one from a dead network", async () => {
    vi.stubGlobal("fetch", answering(makeFiles([])));
    const context = makeContext();
    await load(context);
    expect(context.store.getState().phase).toBe("empty");
    vi.stubGlobal("fetch", answering({}));
    await load(context);
    expect(context.store.getState()).toMatchObject({ phase: "error", error: { kind: "missing" } });
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await load(context);
    expect(context.store.getState()).toMatchObject({ phase: "error", error: { kind: "network" } });
  });
});

describe("the keyboard", () => {
  const press = (key: string, target: EventTarget = document.body) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

  it("has no key twice", () => {
    const keys = KEY_ACTIONS.flatMap((action) => action.keys.map((key) => key.toLowerCase()));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("leaves the browser its shortcuts", () => {
    const plain = { ctrlKey: false, metaKey: false, altKey: false };
    expect(actionOfKey({ key: "H", ...plain })?.name).toBe("home");
    expect(actionOfKey({ key: "l", ...plain, ctrlKey: true })).toBeUndefined();
    expect(actionOfKey({ key: "y", ...plain })).toBeUndefined();
  });

  it("performs what a key stands for, unless a field or a button wants the key", async () => {
    const context = ready();
    const opened = vi.fn(() => 4);
    context.stage = { centredPicture: opened, zoom: vi.fn(), moved: vi.fn(), retry: vi.fn(), pointsInLasso: () => [] };
    const end = followKeyboard(context, window);
    document.body.innerHTML = '<button type="button">b</button><input>';
    press("Enter", document.querySelector("button")!);
    press("?", document.querySelector("input")!);
    expect(opened).not.toHaveBeenCalled();
    expect(context.store.getState().helpOpen).toBe(false);
    press("Enter");
    await vi.waitFor(() => { expect(context.store.getState().selection?.index).toBe(4); });
    press("?");
    expect(context.store.getState().helpOpen).toBe(true);
    press("l");
    expect(context.store.getState().view).toBe("space");
    press("Escape");
    press("l");
    expect(context.store.getState().view).toBe("list");
    end();
  });

  it("keeps the list when nothing can be drawn", () => {
    const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "missing", view: "list" });
    expect(toggleList.isEnabled?.(context)).toBe(false);
  });

  it("adds up held keys, and lets opposite ones cancel", () => {
    const out: [number, number, number] = [9, 9, 9];
    expect(pushOf(new Set(["KeyW", "ArrowUp", "KeyD"]), out)).toEqual([1, 0, 1]);
    expect(pushOf(new Set(["KeyW", "KeyS"]), out)).toEqual([0, 0, 0]);
  });

  it("gives arrows to what is focused in a panel, and letters to the galaxy", () => {
    document.body.innerHTML = '<div class="panel"><button type="button">b</button></div>';
    const button = document.querySelector("button");
    expect(isForControl(button, "ArrowUp")).toBe(true);
    expect(isForControl(button, "w")).toBe(false);
    expect(isForControl(document.body, "ArrowUp")).toBe(false);
  });
});

describe("the store", () => {
  it("tells a watcher of its own part only", () => {
    const context = ready();
    const seen: (number | null)[] = [];
    const end = watch(context.store, (state) => state.focusedCluster, (value) => seen.push(value));
    context.store.setState({ notice: "x" });
    flyToCluster(context, 1);
    end();
    flyToCluster(context, 2);
    expect(seen).toEqual([1]);
  });
});
