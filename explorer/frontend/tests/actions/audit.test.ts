// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { askAbout, changesOf, chooseCluster, chooseInLasso, chooseLit, confirmDeed, endAudit, toggleAudit, undoDeed } from "../../src/actions/audit";
import { close } from "../../src/actions/close";
import { answering, CONFIG, FIVE, makeContext, makeFiles, makeGalaxy, uuidOf } from "../support";

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly token: string | null;
  readonly body: unknown;
}

const DEED = { kind: "reject", term: "cat", reason: "wrong animal" } as const;
const CHANGE = { uuid: "c0ffee", n_images: 2, complete: true };

/** A server that answers by path, and what it was asked. Files of the galaxy come as ever. */
function serving(answers: Readonly<Record<string, unknown>>): Asked[] {
  const asked: Asked[] = [];
  const files = answering(makeFiles(FIVE));
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit): Promise<Response> => {
    const path = new URL(input, document.baseURI).pathname;
    if (!path.startsWith("/api/")) return files(input, init);
    asked.push({ url: path, method: init?.method ?? "GET", token: new Headers(init?.headers).get("X-CSRFToken"), body: JSON.parse((init?.body as string | undefined) ?? "null") });
    const answer = answers[path];
    return answer instanceof Response ? answer.clone() : Response.json(answer);
  });
  return asked;
}

function auditing() {
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
  Object.assign(context, { config: { ...CONFIG, api_url: "/api/v1/", collection: "sea" } });
  context.stage = { centredPicture: () => -1, zoom: vi.fn(), moved: vi.fn(), retry: vi.fn(), pointsInLasso: () => [0, 2] };
  toggleAudit.perform(context);
  return context;
}

beforeEach(() => {
  document.cookie = "csrftoken=secret";
});

describe("correcting many pictures at once", () => {
  it("is for people who may, on a page that has a server", () => {
    const visitor = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready" });
    expect(changesOf(visitor)).toBeNull();
    expect(toggleAudit.isEnabled?.(visitor)).toBe(false);
  });

  it("counts first, then rejects the label of what was drawn around, and takes it back whole", async () => {
    const asked = serving({ "/api/v1/changes/preview/": { n_images: 2 }, "/api/v1/changes/": CHANGE, "/api/v1/changes/c0ffee/undo/": CHANGE });
    const context = auditing();
    expect(context.store.getState().audit?.isDrawing).toBe(true);
    chooseInLasso(context, Float32Array.from([0, 0, 9, 0, 9, 9]));
    expect(context.store.getState().audit?.points).toEqual([0, 2]);
    expect([...context.store.getState().matches!]).toEqual([1, 0, 1, 0, 0]);

    await askAbout(context, DEED);
    expect(context.store.getState().audit?.phase).toMatchObject({ status: "asking", nImages: 2 });
    await confirmDeed(context);
    expect(context.store.getState().audit?.phase).toEqual({ status: "done", change: "c0ffee", nImages: 2, isUndone: false });
    await undoDeed(context);
    expect(context.store.getState().audit?.phase).toMatchObject({ isUndone: true });

    const images = [uuidOf(0), uuidOf(2)];
    const decisions = [{ term: "cat", verdict: "reject" }];
    expect(asked).toEqual([
      { url: "/api/v1/changes/preview/", method: "POST", token: "secret", body: { collection: "sea", images, decisions } },
      { url: "/api/v1/changes/", method: "POST", token: "secret", body: { collection: "sea", images, decisions, reason: "wrong animal", expected_n: 2 } },
      { url: "/api/v1/changes/c0ffee/undo/", method: "POST", token: "secret", body: {} },
    ]);
  });

  it("waits while a job makes a large change", async () => {
    vi.useFakeTimers();
    const asked = serving({ "/api/v1/changes/preview/": { n_images: 2 }, "/api/v1/changes/": { ...CHANGE, complete: false }, "/api/v1/changes/c0ffee/": CHANGE });
    const context = auditing();
    chooseInLasso(context, new Float32Array(6));
    await askAbout(context, { kind: "hide", term: "", reason: "" });
    const done = confirmDeed(context);
    await vi.advanceTimersByTimeAsync(2000);
    await done;
    vi.useRealTimers();
    expect(context.store.getState().audit?.phase.status).toBe("done");
    expect(asked.map(({ url, body }) => [url, (body as { hidden?: boolean } | null)?.hidden])).toEqual([
      ["/api/v1/changes/preview/", true],
      ["/api/v1/changes/", true],
      ["/api/v1/changes/c0ffee/", undefined],
    ]);
  });

  it("says what the server says when it refuses, and keeps the choice", async () => {
    serving({ "/api/v1/changes/preview/": Response.json({ title: "Refused", detail: "Expected a label that the collection has, got “catt”." }, { status: 409 }) });
    const context = auditing();
    chooseInLasso(context, new Float32Array(6));
    await askAbout(context, DEED);
    expect(context.store.getState().audit).toMatchObject({ points: [0, 2], phase: { status: "failed", message: "Expected a label that the collection has, got “catt”." } });
  });

  it("takes a cluster, or what a search has lit, instead of a line", () => {
    serving({});
    const context = auditing();
    context.store.setState({ focusedCluster: 1 });
    chooseCluster(context);
    expect(context.store.getState().audit?.points).toEqual([1, 3]);

    context.store.setState({ matches: Uint8Array.from([0, 0, 0, 0, 1]) });
    chooseLit(context);
    expect(context.store.getState().audit?.points).toEqual([4]);
  });

  it("lets everything step forward again as it was before", () => {
    serving({});
    const context = auditing();
    const found = Uint8Array.from([1, 1, 0, 0, 0]);
    context.store.setState({ matches: found });
    chooseInLasso(context, new Float32Array(6));
    expect(context.store.getState().matches).not.toBe(found);
    close.perform(context);
    expect(context.store.getState()).toMatchObject({ audit: null, matches: found });
    endAudit(context);
    expect(context.store.getState().matches).toBe(found);
  });
});
