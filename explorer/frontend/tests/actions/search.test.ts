// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { close } from "../../src/actions/close";
import type { ActionContext } from "../../src/actions/context";
import { focusSearch } from "../../src/actions/focus_search";
import { ask, chooseInstead, chooseTerm, clearSearch, flyToMatch, prepareSearch, showWeak, submitQuery, typeQuery, walkMatches } from "../../src/actions/search";
import type { SearchState } from "../../src/store/search_state";
import { makeSearchFiles } from "../search_support";
import { answering, FIVE, makeContext, makeDetails, makeGalaxy, uuidOf } from "../support";

const DETAILS = Object.fromEntries([0, 1, 2].map((i) => [`d${i}.json`, { version: 2, images: [makeDetails(2 * i), makeDetails(2 * i + 1)] }]));
const ready = (): ActionContext => makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
const searchOf = (context: ActionContext): SearchState => context.store.getState().search;
const selected = (context: ActionContext): number | undefined => context.store.getState().selection?.index;

async function askFor(context: ActionContext, text: string): Promise<void> {
  typeQuery(context, text);
  await ask(context, text);
}

beforeEach(() => {
  vi.stubGlobal("fetch", answering({ ...makeSearchFiles(), ...DETAILS }));
});

describe("searching", () => {
  it("lights the strong matches, counts them and says so", async () => {
    const context = ready();
    await askFor(context, "cat");
    expect(searchOf(context)).toMatchObject({ status: "ready", found: { nStrong: 2 } });
    expect([...searchOf(context).found!.tiles]).toEqual([2, 0, 4]);
    expect([...context.store.getState().matches!]).toEqual([1, 0, 1, 0, 0]);
    expect(context.store.getState().announcement).toBe("2 pictures match, and 1 less well.");
    await showWeak(context);
    expect([...context.store.getState().matches!]).toEqual([1, 0, 1, 0, 1]);
  });

  it("shows weak matches at once where none is strong", async () => {
    const context = ready();
    await askFor(context, "snowman");
    expect([...context.store.getState().matches!]).toEqual([0, 0, 0, 1, 0]);
  });

  it("waits until the keys rest, and drops what is overtaken", async () => {
    vi.useFakeTimers();
    const context = ready();
    typeQuery(context, "ca");
    typeQuery(context, "dog");
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    await vi.waitFor(() => { expect([...(searchOf(context).found?.tiles ?? [])]).toEqual([1, 3]); });
    const slow = ask(context, "dog");
    typeQuery(context, "dog c");
    await slow;
    expect(searchOf(context)).toMatchObject({ text: "dog c", status: "typing" });
  });

  it("does not ask again, and forget where one is, when Enter was faster than the rest", async () => {
    vi.useFakeTimers();
    const context = ready();
    typeQuery(context, "dog");
    await submitQuery(context);
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(searchOf(context)).toMatchObject({ status: "ready", at: 0 });
  });

  it("suggests words, and labels that begin like the whole text", async () => {
    const context = ready();
    await askFor(context, "c");
    expect(searchOf(context).suggestions.map(({ term, n }) => [term, n])).toEqual([["Cat", 3], ["Cat nap", 1]]);
    expect(searchOf(context).found, "a single letter begins too much").toBeNull();
    await askFor(context, "cat n");
    expect(searchOf(context).suggestions.map(({ term }) => term)).toEqual(["Cat nap", "nap"]);
    await chooseTerm(context, searchOf(context).suggestions[0]!);
    expect(searchOf(context).text).toBe('"cat nap" ');
    expect([...searchOf(context).found!.tiles]).toEqual([0]);
  });

  it("offers what is spelled alike when nothing is found", async () => {
    const context = ready();
    await askFor(context, "dgo ");
    expect(context.store.getState().announcement).toBe("No picture matches.");
    expect(context.store.getState().matches, "a galaxy gone dark would help nobody").toBeNull();
    expect(searchOf(context).nearest.map(({ key }) => key)).toEqual(["dog"]);
    await chooseInstead(context, searchOf(context).nearest[0]!);
    expect(searchOf(context)).toMatchObject({ text: "dog ", found: { nStrong: 2 } });
  });

  it("says when the index cannot be had, and asks again on Enter", async () => {
    vi.stubGlobal("fetch", answering({}));
    const context = ready();
    await askFor(context, "cat");
    expect(searchOf(context)).toMatchObject({ text: "cat", status: "failed", found: null });
    vi.stubGlobal("fetch", answering({ ...makeSearchFiles(), ...DETAILS }));
    await submitQuery(context);
    expect(searchOf(context).status).toBe("ready");
  });

  it("is offered only where words were published", async () => {
    const context = ready();
    await prepareSearch(context);
    expect(searchOf(context).isPossible).toBe(true);
    vi.stubGlobal("fetch", answering(makeSearchFiles([])));
    const silent = ready();
    await prepareSearch(silent);
    expect(searchOf(silent).isPossible).toBe(false);
    expect(focusSearch.isEnabled?.(silent)).toBe(false);
  });
});

describe("walking the matches", () => {
  it("flies to the best on Enter, then on and back, round the strong ones", async () => {
    const context = ready();
    typeQuery(context, "cat");
    await submitQuery(context);
    await vi.waitFor(() => { expect(selected(context)).toBe(2); });
    expect(context.store.getState().flight).toEqual({ to: "image", index: 2 });
    await walkMatches(context, 1);
    await vi.waitFor(() => { expect(selected(context)).toBe(0); });
    await walkMatches(context, 1);
    await vi.waitFor(() => { expect(selected(context)).toBe(2); });
    await walkMatches(context, -1);
    await vi.waitFor(() => { expect(selected(context)).toBe(0); });
    expect(searchOf(context).at).toBe(1);
  });

  it("asks for a single letter only when it is meant", async () => {
    const context = ready();
    typeQuery(context, "d");
    await submitQuery(context);
    await vi.waitFor(() => { expect(selected(context)).toBe(1); });
  });

  it("goes to the one that was pointed at", async () => {
    const context = ready();
    await askFor(context, "dog");
    await flyToMatch(context, 1);
    await vi.waitFor(() => { expect(context.store.getState().selection?.uuid).toBe(uuidOf(3)); });
  });
});

describe("ending a search", () => {
  it("makes all points alike again, by Escape after the picture is closed", async () => {
    const context = ready();
    typeQuery(context, "cat");
    await submitQuery(context);
    await vi.waitFor(() => { expect(selected(context)).toBe(2); });
    close.perform(context);
    expect(context.store.getState()).toMatchObject({ selection: null, search: { text: "cat" } });
    close.perform(context);
    expect(context.store.getState()).toMatchObject({ matches: null, announcement: "Search cleared.", search: { text: "", found: null, status: "idle" } });
  });

  it("happens by itself when the field is emptied", async () => {
    const context = ready();
    await askFor(context, "cat");
    typeQuery(context, "");
    expect(context.store.getState().matches).toBeNull();
    await askFor(context, "cat");
    clearSearch(context);
    expect(searchOf(context)).toMatchObject({ text: "", isOpen: false });
  });
});
