// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cluster, Details } from "../../src/api/wire";
import { App } from "../../src/ui/app";
import { FIVE, makeContext, makeDetails, makeGalaxy, uuidOf } from "../support";

function open(changes: Partial<Details>, cluster: Partial<Cluster> = {}, downloads = false): HTMLElement {
  const galaxy = makeGalaxy(FIVE, ["Snow", "dog"]);
  const clusters = galaxy.manifest.clusters.map((one) => (one.index === 0 ? { ...one, ...cluster } : one));
  const details = makeDetails(2, changes);
  const context = makeContext({ galaxy: { ...galaxy, manifest: { ...galaxy.manifest, clusters, downloads } }, phase: "ready", gl: "ok", selection: { uuid: uuidOf(2), index: 2 }, details: { status: "ready", details } });
  render(<App context={context} space={document.body.appendChild(document.createElement("div"))} />);
  return screen.getByRole("complementary", { name: "Picture 2" });
}

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe(): void { /* sizes stay */ } disconnect(): void { /* nothing is kept */ } });
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
});
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe("why a picture is where it is", () => {
  it("is told in a sentence, with a bar for each label and for how it looks", () => {
    const panel = open({ why: [{ term: "ski slope", share: 0.48 }, { term: "mountain", share: 0.31 }], why_visual: 0.2 });
    expect(within(panel).getByText("Placed among “Snow” mainly for ski slope (48%) and mountain (31%).")).toBeTruthy();
    expect(within(panel).getByText("20% of its place comes from how the picture looks.")).toBeTruthy();
    expect([...panel.querySelectorAll<HTMLElement>(".why .bar > span")].map((bar) => bar.style.width)).toEqual(["48%", "31%", "20%"]);
  });

  it("is how it looks where labels have no part in it", () => {
    expect(within(open({ why_visual: 1 })).getByText("Placed among “Snow” for how it looks.")).toBeTruthy();
  });

  it("goes on with what sets the cluster apart, the most telling first and the others folded", () => {
    const panel = open({}, { labels: [{ term: "snow", share: 0.8, share_elsewhere: 0.02 }, { term: "ski", share: 0.4, share_elsewhere: 0.001 }] });
    expect(within(panel).getByText("What sets “Snow” apart: 80% of its pictures are labelled snow, elsewhere 2%.")).toBeTruthy();
    expect(within(panel).getByText("1 more label").closest("details")?.open).toBe(false);
    expect(within(panel).getByText("40% here, 0% elsewhere")).toBeTruthy();
  });

  it("is not spoken of where nothing of it is published", () => {
    expect(within(open({})).queryByText("Why is it here")).toBeNull();
  });
});

describe("the rest of what is known", () => {
  it.each([
    ["1923", "1923"],
    ["1923-05", "May 1923"],
    ["1923-05-01", "1 May 1923"],
    ["1923-05-01T10:00:00+01:00", "1 May 1923"],
    ["around 1900", "around 1900"],
  ])("tells when and where it was taken: %s", (taken_at, told) => {
    const panel = open({ taken_at, place: "Chamonix, France" });
    expect(within(panel).getByText("Taken").nextSibling?.textContent).toBe(told);
    expect(within(panel).getByText("Chamonix, France")).toBeTruthy();
  });

  it("shows twelve labels, and all forty when asked", () => {
    const panel = open({ labels: Array.from({ length: 40 }, (_, i) => ({ term: `label ${i}`, score: 1 - i / 50, source: "local" })) });
    expect(panel.querySelectorAll(".labels li")).toHaveLength(12);
    fireEvent.click(within(panel).getByRole("button", { name: "Show 28 more" }));
    expect(panel.querySelectorAll(".labels li")).toHaveLength(40);
  });

  it("offers the picture for download only where the galaxy allows it", () => {
    expect(within(open({})).queryByRole("link", { name: "Download" })).toBeNull();
    cleanup();
    const link = within(open({}, {}, true)).getByRole("link", { name: "Download" });
    expect([link.getAttribute("href"), link.getAttribute("download")]).toEqual([`/media/${uuidOf(2)}/view`, `${uuidOf(2)}.jpg`]);
  });
});
