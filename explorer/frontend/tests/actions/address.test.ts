// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressOf, followAddress } from "../../src/actions/address";
import { close } from "../../src/actions/close";
import type { ActionContext } from "../../src/actions/context";
import { flyToCluster } from "../../src/actions/fly_to_cluster";
import { flyToImage } from "../../src/actions/fly_to_image";
import { toggleFlat } from "../../src/actions/toggle_flat";
import { toggleList } from "../../src/actions/toggle_list";
import type { Galaxy } from "../../src/api/galaxy";
import type { View } from "../../src/math/view";
import type { State } from "../../src/store/state";
import { answering, FIVE, makeContext, makeDetails, makeFiles, makeGalaxy, uuidOf } from "../support";

const VIEW: View = { pivot: [1, 2, 3], distance: 4, yaw: 0.5, pitch: 0.25 };
const DETAILS = Object.fromEntries([0, 1, 2].map((k) => [`d${k}.json`, { version: 2, images: [makeDetails(2 * k), makeDetails(2 * k + 1)] }]));

/** With a flat layout. */
function galaxy(): Galaxy {
  const made = makeGalaxy(FIVE);
  return { ...made, manifest: { ...made.manifest, flat: { origin: [0, 0], extent: 1 } } };
}

let end: () => void = () => undefined;
function follow(state: Partial<State> = {}): ActionContext {
  const context = makeContext({ galaxy: galaxy(), phase: "ready", gl: "ok", ...state });
  end = followAddress(context, window);
  return context;
}
/** Opens a picture as a click does; its name is known a moment later. */
async function openPicture(context: ActionContext, index: number): Promise<void> {
  context.store.setState({ restingView: null });
  flyToImage(context, index);
  await vi.waitFor(() => { expect(context.store.getState().selection?.index).toBe(index); });
}
const hash = (): string => window.location.hash;
const rest = (context: ActionContext, view: View): Promise<void> => {
  context.store.setState({ restingView: view });
  return vi.waitFor(() => { expect(hash()).toContain("view="); });
};

beforeEach(() => {
  vi.stubGlobal("fetch", answering({ ...makeFiles(FIVE), ...DETAILS }));
  window.history.replaceState(null, "", "/galaxy/test/");
});
afterEach(() => { end(); });

describe("the address", () => {
  it("names what is open, by its own name, and each choice is a step", async () => {
    const context = follow();
    const before = window.history.length;
    await openPicture(context, 2);
    expect(hash()).toBe(`#image=${uuidOf(2)}`);
    close.perform(context);
    expect(hash()).toBe(`#cluster=${galaxy().manifest.clusters[0]!.uuid}`);
    close.perform(context);
    expect(hash()).toBe("");
    expect(window.history.length).toBe(before + 3);
  });

  it("names flat and list", () => {
    const context = follow();
    toggleFlat.perform(context);
    expect(hash()).toBe("#mode=flat");
    toggleList.perform(context);
    expect(hash()).toBe("#mode=list");
  });

  it("holds the camera once it rests, without a step, and drops it for the next choice", async () => {
    const context = follow();
    flyToCluster(context, 1);
    const before = window.history.length;
    await rest(context, VIEW);
    expect(hash()).toBe(`#cluster=${galaxy().manifest.clusters[1]!.uuid}&view=1,2,3,4,0.5,0.25`);
    expect(window.history.length).toBe(before);
    await openPicture(context, 4);
    expect(hash()).toBe(`#image=${uuidOf(4)}`);
  });

  it("a copied link holds the view of the picture that is open, and of no other", async () => {
    const context = follow();
    await openPicture(context, 4);
    await rest(context, VIEW);
    expect(addressOf(uuidOf(4))).toBe(`${window.location.origin}/galaxy/test/#image=${uuidOf(4)}&view=1,2,3,4,0.5,0.25`);
    expect(addressOf(uuidOf(1))).toBe(`${window.location.origin}/galaxy/test/#image=${uuidOf(1)}`);
  });

  it("in a frame leaves the history to the page around it", async () => {
    const context = follow({ embedded: true });
    const before = window.history.length;
    await openPicture(context, 2);
    expect(hash()).toBe(`#image=${uuidOf(2)}`);
    expect(window.history.length).toBe(before);
  });

  it("is not written by a tour", () => {
    const context = follow();
    context.store.setState({ tour: { stops: [0, 1], at: 0, pictures: [] }, focusedCluster: 0, restingView: VIEW });
    expect(hash()).toBe("");
  });
});

describe("an address that was followed", () => {
  const open = async (address: string, state: Partial<State> = {}): Promise<ActionContext> => {
    window.history.replaceState(null, "", `/galaxy/test/${address}`);
    const context = follow({ phase: "loading", ...state });
    context.store.setState({ phase: "ready" });
    await vi.waitFor(() => { expect(context.store.getState().flight ?? context.store.getState().notice).not.toBe(""); });
    return context;
  };

  it("opens the picture it names", async () => {
    const context = await open(`#image=${uuidOf(3)}`);
    expect(context.store.getState()).toMatchObject({ selection: { uuid: uuidOf(3), index: 3 }, flight: { to: "image", index: 3 } });
  });

  it("with a view cuts to it, flat or not", async () => {
    const context = await open(`#image=${uuidOf(3)}&view=1,2,3,4,0.5,0.25&mode=flat`);
    expect(context.store.getState()).toMatchObject({ selection: { index: 3 }, layout: "flat", flight: { to: "view", view: VIEW, atOnce: true } });
    // Opening it was no step of one's own.
    expect(hash()).toBe(`#image=${uuidOf(3)}&view=1,2,3,4,0.5,0.25&mode=flat`);
  });

  it("of an unknown picture says so", async () => {
    const context = await open(`#image=${uuidOf(77)}`);
    expect(context.store.getState()).toMatchObject({ selection: null, notice: "This galaxy has no picture with that address." });
  });

  it("stays a list where nothing can be drawn", async () => {
    const context = await open(`#image=${uuidOf(3)}`, { gl: "missing", view: "list" });
    expect(context.store.getState().view).toBe("list");
  });

  it("back and forward fly to where one was", async () => {
    const context = follow();
    flyToCluster(context, 1);
    await rest(context, VIEW);
    await openPicture(context, 2);
    window.history.back();
    await vi.waitFor(() => { expect(context.store.getState()).toMatchObject({ selection: null, focusedCluster: 1, flight: { to: "view", view: VIEW, atOnce: false } }); });
    window.history.back();
    await vi.waitFor(() => { expect(context.store.getState()).toMatchObject({ focusedCluster: null, flight: { to: "home" } }); });
    window.history.go(2);
    await vi.waitFor(() => { expect(context.store.getState()).toMatchObject({ selection: { index: 2 }, flight: { to: "image", index: 2 } }); });
    expect(hash()).toBe(`#image=${uuidOf(2)}`);
  });
});
