// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listPictures, NOTHING_LISTED } from "../../src/actions/list_pictures";
import type { ActionContext } from "../../src/actions/context";
import { loadGalaxy } from "../../src/api/galaxy";
import type { Subgroup } from "../../src/api/wire";
import type { State } from "../../src/store/state";
import { App } from "../../src/ui/app";
import { answering, FIVE, makeContext, makeDetails, makeFiles, makeGalaxy, makeManifest, type Picture, uuidOf } from "../support";
import { stubPage } from "./page";

const LABELS = [{ term: "dog", score: 0.9, source: "local" }, { term: "grass", score: 0.4, source: "local" }, { term: "animal", score: 0.8, source: "local" }];
const FILES = {
  ...makeFiles(FIVE),
  "d0.json": { version: 2, images: [makeDetails(0, { labels: LABELS }), makeDetails(1, { title: "", labels: LABELS })] },
  "d1.json": { version: 2, images: [makeDetails(2, { title: "Tabby on a wall" }), makeDetails(3, { title: "" })] },
  "d2.json": { version: 2, images: [makeDetails(4)] },
};

function show(state: Partial<State> = {}): ActionContext {
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok", view: "list", ...state });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  return context;
}

const section = (name: RegExp): HTMLElement => screen.getByRole("region", { name });
const tiles = (): string[] => [...document.querySelectorAll(".tile")].map((tile) => tile.getAttribute("aria-label")!);
const unfold = (name: RegExp): void => { fireEvent.click(within(section(name)).getByRole("button", { expanded: false })); };

beforeEach(() => {
  stubPage();
  vi.stubGlobal("fetch", answering(FILES));
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe("the list", () => {
  it("says why when WebGL 2 is missing, offers to try again, and shows the pictures with titles and labels", async () => {
    show({ gl: "missing" });
    expect(screen.getByText(/needs WebGL 2/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Galaxy" })).toBeNull();
    expect(await screen.findByRole("button", { name: "Tabby on a wall" })).toBeTruthy();
    await vi.waitFor(() => { expect(tiles()).toEqual(["Picture 0", "Tabby on a wall", "Picture 4"]); });
    expect(document.querySelector(".tile-labels")?.textContent).toBe("dog, animal, grass");
    expect(document.querySelector(".tile img")?.getAttribute("loading")).toBe("lazy");
  });

  it("tells clusters with their counts, the largest unfolded, and leaves out those without pictures", async () => {
    show();
    expect(screen.getAllByRole("heading", { level: 2 }).map((one) => one.textContent)).toEqual(["cat 3 pictures", "dog 2 pictures"]);
    unfold(/dog/);
    // Never "untitled": the labels say what is seen, and a picture without any is a picture.
    await vi.waitFor(() => { expect(tiles().slice(3)).toEqual(["dog, animal, grass", "A picture"]); });
  });

  it("shows the cover of a cluster that has one", () => {
    const galaxy = makeGalaxy(FIVE);
    const clusters = galaxy.manifest.clusters.map((one) => (one.index === 0 ? { ...one, cover: uuidOf(2) } : one));
    show({ galaxy: { ...galaxy, manifest: { ...galaxy.manifest, clusters } } });
    expect([...document.querySelectorAll("img.list-cover")].map((one) => one.getAttribute("src"))).toEqual([`/media/${uuidOf(2)}/small`]);
  });

  it("shows neither cover nor picture any more once it is withdrawn", async () => {
    const galaxy = makeGalaxy(FIVE);
    const clusters = galaxy.manifest.clusters.map((one) => ({ ...one, cover: uuidOf(one.index) }));
    const { store } = show({ galaxy: { ...galaxy, manifest: { ...galaxy.manifest, clusters } } });
    await vi.waitFor(() => { expect(tiles()).toEqual(["Picture 0", "Tabby on a wall", "Picture 4"]); });
    await galaxy.hide([uuidOf(1), uuidOf(2)]);
    act(() => { store.setState({ nWithdrawn: 2 }); });
    expect(tiles()).toEqual(["Picture 0", "Picture 4"]);
    expect([...document.querySelectorAll("img.list-cover")].map((one) => one.getAttribute("src"))).toEqual([`/media/${uuidOf(0)}/small`]);
  });

  it("unfolds the cluster that one comes from", async () => {
    show({ focusedCluster: 1 });
    await vi.waitFor(() => { expect(tiles()).toHaveLength(2); });
  });

  it("shows a large cluster a page at a time", async () => {
    const many = Array.from({ length: 100 }, () => ({ q: [0, 0, 0] as const, cluster: 0 }));
    const details = Array.from({ length: 50 }, (_, i) => [`d${i}.json`, { version: 2, images: [makeDetails(2 * i), makeDetails(2 * i + 1)] }]);
    vi.stubGlobal("fetch", answering({ ...makeFiles(many), ...Object.fromEntries(details) as object }));
    show({ galaxy: makeGalaxy(many, ["cat"]) });
    const turn = async (name: string, n: number): Promise<void> => {
      fireEvent.click(await screen.findByRole("button", { name }));
      await vi.waitFor(() => { expect(tiles()).toHaveLength(n); });
    };
    await vi.waitFor(() => { expect(tiles()).toHaveLength(24); });
    await turn("Show 72 more", 96);
    await turn("Show 4 more", 100);
  });

  it("says when pictures do not come, and asks for them again", async () => {
    vi.stubGlobal("fetch", answering({}));
    show();
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Some of these pictures could not be loaded.");
    vi.stubGlobal("fetch", answering(FILES));
    fireEvent.click(within(alert).getByRole("button"));
    expect(await screen.findByRole("button", { name: "Tabby on a wall" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("opens the panel with a picture's neighbours", async () => {
    show();
    fireEvent.click(await screen.findByRole("button", { name: "Tabby on a wall" }));
    expect(await screen.findByRole("complementary", { name: "Tabby on a wall" })).toBeTruthy();
    expect(await screen.findByRole("region", { name: "Nearest" })).toBeTruthy();
  });

  it("is what the first stop for Tab leads to", async () => {
    const context = show({ view: "space" });
    fireEvent.click(screen.getByRole("button", { name: "Skip to the list view" }));
    expect(context.store.getState().view).toBe("list");
    await vi.waitFor(() => { expect(document.activeElement?.id).toBe("list"); });
  });
});

describe("the pictures of a section", () => {
  /** Nodes of 3, 2 and 2 points: the root and, far from each other, two of its children. */
  const SEVEN: readonly Picture[] = [0, 0, 1, 0, 0, 0, 1].map((cluster, i) => ({ q: [i * 10_000, 32_767, 32_767], cluster }));
  const SIZES = [3, 2, 2];
  const asked: string[] = [];

  async function open() {
    const manifest = makeManifest(SEVEN, undefined, SIZES);
    const nodes = manifest.nodes.map((node, i) => (i === 0 ? node : { ...node, centre: [i === 1 ? 0 : 0.9, 0, 0] as const, radius: 0.3 }));
    const centred = { ...manifest, nodes, clusters: manifest.clusters.map((one) => ({ ...one, centroid: [0.9, 0, 0] as const })) };
    const answer = answering({ ...makeFiles(SEVEN, SIZES), "objects/m.json": centred });
    asked.length = 0;
    vi.stubGlobal("fetch", (url: string) => {
      asked.push(url.slice(url.lastIndexOf("/") + 1));
      return answer(url);
    });
    return loadGalaxy("http://localhost/current.json", null, new AbortController().signal, () => undefined);
  }

  it("come node by node, the nearest next, and only as many nodes as a page needs", async () => {
    const galaxy = await open();
    const cluster = galaxy.manifest.clusters[0]!;
    const page = await listPictures(galaxy, { cluster, subgroup: null }, NOTHING_LISTED, 2);
    expect(page).toEqual({ points: [0, 1], nNodes: 1, hasMore: true });
    expect(asked.filter((name) => name.startsWith("n"))).toEqual(["n0.bin"]);
    const next = await listPictures(galaxy, { cluster, subgroup: null }, page, 3);
    expect(next.points).toEqual([0, 1, 5]);
    expect(asked.filter((name) => name.startsWith("n"))).toEqual(["n0.bin", "n2.bin"]);
    expect(await listPictures(galaxy, { cluster, subgroup: null }, next, 100)).toEqual({ points: [0, 1, 5, 3, 4], nNodes: 3, hasMore: false });
  });

  it("belong to the neighbourhood whose middle is nearest, and leave far nodes alone", async () => {
    const galaxy = await open();
    const cluster = galaxy.manifest.clusters[0]!;
    const place = (index: number): Subgroup["centroid"] => [...galaxy.points.positions.slice(3 * index, 3 * index + 3)] as unknown as Subgroup["centroid"];
    const subgroup: Subgroup = { cluster: 0, name: "kitten", n_images: 1, centroid: place(0), radius: 0.05 };
    const found = await listPictures(galaxy, { cluster, subgroup }, NOTHING_LISTED, 10);
    expect(found.points).toEqual([0]);
    expect(asked.some((name) => name === "n2.bin")).toBe(false);
  });
});

