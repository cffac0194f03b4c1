// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ActionContext } from "../../src/actions/context";
import { followKeyboard } from "../../src/actions/keyboard";
import { App } from "../../src/ui/app";
import { makeSearchFiles } from "../search_support";
import { answering, FIVE, makeContext, makeDetails, makeGalaxy } from "../support";
import { stubPage } from "./page";

const DETAILS = Object.fromEntries([0, 1, 2].map((i) => [`d${i}.json`, { version: 2, images: [makeDetails(2 * i), makeDetails(2 * i + 1)] }]));

async function show(): Promise<{ readonly context: ActionContext; readonly field: HTMLInputElement }> {
  const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  return { context, field: await screen.findByRole<HTMLInputElement>("combobox") };
}

const type = (field: HTMLInputElement, value: string): void => { fireEvent.change(field, { target: { value } }); };

beforeEach(() => {
  stubPage();
  vi.stubGlobal("fetch", answering({ ...makeSearchFiles(), ...DETAILS }));
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe("the search field", () => {
  it("suggests words with their counts, and takes the one that the arrows reach", async () => {
    const { field } = await show();
    type(field, "ca");
    const options = within(await screen.findByRole("listbox")).getAllByRole("option");
    expect(options.map((option) => option.textContent)).toEqual(["Catlabel3", "Cat naplabel1"]);
    expect(field.getAttribute("aria-expanded")).toBe("true");
    fireEvent.keyDown(field, { key: "ArrowDown" });
    fireEvent.keyDown(field, { key: "ArrowDown" });
    expect(field.getAttribute("aria-activedescendant")).toBe("search-option-1");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(field.value).toBe('"cat nap" ');
    expect(field.getAttribute("aria-expanded")).toBe("false");
    await screen.findByText("1 picture");
  });

  it("says how many match, shows the best, and the weaker ones when asked", async () => {
    const { field } = await show();
    type(field, "cat ");
    await screen.findByText("2 pictures");
    const strip = screen.getByRole("list", { name: "Best matches" });
    expect(await within(strip).findByRole("button", { name: "Picture 2" })).toBeDefined();
    expect(within(strip).getAllByRole("listitem")).toHaveLength(2);
    fireEvent.click(screen.getByRole("button", { name: "Show 1 weaker" }));
    await screen.findByText("3 pictures");
    expect(within(strip).getAllByRole("listitem")).toHaveLength(3);
  });

  it("flies on Enter and walks on with the arrows, while the focus stays", async () => {
    const { context, field } = await show();
    field.focus();
    type(field, "dog");
    fireEvent.keyDown(field, { key: "Enter" });
    await vi.waitFor(() => { expect(context.store.getState().selection?.index).toBe(1); });
    fireEvent.keyDown(field, { key: "ArrowDown" });
    await vi.waitFor(() => { expect(context.store.getState().selection?.index).toBe(3); });
    await screen.findByRole("button", { current: true, name: "Picture 3" });
    expect(document.activeElement).toBe(field);
  });

  it("offers another word when nothing matches", async () => {
    const { field } = await show();
    type(field, "dgo ");
    await screen.findByText("No picture matches.", { selector: ".search-results p" });
    fireEvent.click(await screen.findByRole("button", { name: "Dog 2" }));
    await screen.findByText("2 pictures");
    expect(field.value).toBe("dog ");
  });

  it("closes its suggestions by Escape, then clears", async () => {
    const { context, field } = await show();
    type(field, "cat");
    await screen.findAllByRole("option");
    fireEvent.keyDown(field, { key: "Escape" });
    expect(screen.queryByRole("option")).toBeNull();
    expect(field.value).toBe("cat");
    fireEvent.keyDown(field, { key: "Escape" });
    expect(field.value).toBe("");
    expect(context.store.getState().matches).toBeNull();
  });

  it("leaves Enter and arrows to whoever composes a character", async () => {
    const { context, field } = await show();
    type(field, "dog");
    fireEvent.keyDown(field, { key: "Enter", isComposing: true });
    expect(context.store.getState().search.at).toBe(-1);
  });

  it("takes the focus by its key, and the key does not land in it", async () => {
    const { context, field } = await show();
    const end = followKeyboard(context, window);
    fireEvent.keyDown(document.body, { key: "/" });
    await vi.waitFor(() => { expect(document.activeElement).toBe(field); });
    expect(field.value).toBe("");
    end();
  });

  it("says when the index does not come, and tries again", async () => {
    const { field } = await show();
    vi.stubGlobal("fetch", answering({}));
    type(field, "snow");
    await screen.findByText("The search could not be loaded.", { selector: ".search-results p" });
    vi.stubGlobal("fetch", answering({ ...makeSearchFiles(), ...DETAILS }));
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("1 picture");
  });

  it("shows its matches first in the list view, more of them when asked", async () => {
    const { context, field } = await show();
    type(field, "cat ");
    await screen.findByText("2 pictures", { selector: ".search-results p" });
    context.store.setState({ view: "list" });
    const section = await screen.findByRole("region", { name: "Best matches 2 pictures" });
    expect(within(section).getAllByRole("listitem")).toHaveLength(2);
  });

  it("is absent where no words were published", async () => {
    vi.stubGlobal("fetch", answering(makeSearchFiles([])));
    const context = makeContext({ galaxy: makeGalaxy(FIVE), phase: "ready", gl: "ok" });
    render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
    await vi.waitFor(() => { expect(context.store.getState().search.isPossible).toBe(false); });
    expect(screen.queryByRole("combobox")).toBeNull();
  });
});
