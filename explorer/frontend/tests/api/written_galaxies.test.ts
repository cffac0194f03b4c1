import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadGalaxy, type Galaxy } from "../../src/api/galaxy";
import { SearchIndex } from "../../src/api/search";
import { writeGalaxies, type Pair, type WrittenGalaxies, type WrittenGalaxy, type WrittenImage } from "../written_galaxies";

const PUBLICATIONS = ["first", "added", "added_again", "hidden", "withdrawn", "moved", "compact"];

let written: WrittenGalaxies;

beforeAll(() => { written = writeGalaxies(); }, 120_000);
afterAll(() => { written.remove(); });
beforeEach(() => {
  vi.stubGlobal("document", { baseURI: "http://localhost/" });
  vi.stubGlobal("fetch", written.fetch);
});

const open = (name: string): Promise<Galaxy> => loadGalaxy(`/${name}.json`, null, new AbortController().signal, () => undefined);
const imagesOf = ({ images }: WrittenGalaxy): [uuid: string, image: WrittenImage][] => Object.entries(images);

/** The same images in the same order, with the same numbers to within what the files round. */
function expectPairs(found: readonly Pair[], expected: readonly Pair[]): void {
  expect(found.map(([uuid]) => uuid)).toEqual(expected.map(([uuid]) => uuid));
  found.forEach(([, value], i) => { expect(value).toBeCloseTo(expected[i]![1], 5); });
}

const expectNumbers = (found: Iterable<number>, expected: readonly number[]): void => {
  expect([...found].map((value, i) => Math.abs(value - expected[i]!) < 1e-4)).toEqual(expected.map(() => true));
};

describe.each(PUBLICATIONS)("what Python wrote as %j", (name) => {
  it("has each point where Python has it, with all its columns", async () => {
    const galaxy = await open(name);
    const expected = written.expected(name);
    await Promise.all(galaxy.nodes.list.map((_, node) => galaxy.nodes.load(node)));
    const { points, nodes } = galaxy;
    expect(points.n).toBe(expected.n_points);
    expect(Array.from({ length: points.n }, (_, i) => i).filter((i) => galaxy.isShown(i)).length).toBe(imagesOf(expected).length);
    for (const [uuid, image] of imagesOf(expected)) {
      const { index } = image;
      await expect(galaxy.uuidOf(index)).resolves.toBe(uuid);
      expectNumbers(points.positions.subarray(3 * index, 3 * index + 3), image.position);
      expect([...points.colour.subarray(3 * index, 3 * index + 3)]).toEqual(image.colour);
      const { cluster, aspect, flags, tile } = points;
      expect([cluster, aspect, flags, tile].map((column) => column[index])).toEqual([image.cluster, image.aspect, image.flags, image.tile]);
      const node = nodes.nodeOf(index);
      const row = index - nodes.list[node]!.first;
      const [flat, time] = await Promise.all([galaxy.loadColumn("flat", node), galaxy.loadColumn("time", node)]);
      expectNumbers(flat!.subarray(2 * row, 2 * row + 2), image.flat);
      expect(time![row]).toBe(image.time);
    }
  });

  it("finds each image by its uuid, those that came later too, and nobody who is not there", async () => {
    const galaxy = await open(name);
    const expected = written.expected(name);
    for (const [uuid, { index }] of imagesOf(expected)) await expect(galaxy.find(uuid)).resolves.toBe(index);
    for (const uuid of expected.not_there) await expect(galaxy.find(uuid)).resolves.toBe(-1);
  });

  it("tells of each image what Python tells", async () => {
    const galaxy = await open(name);
    for (const [, { index, details }] of imagesOf(written.expected(name))) await expect(galaxy.details.fetch(index)).resolves.toEqual(details);
  });

  it("gives each image the neighbours that it has now", async () => {
    const galaxy = await open(name);
    for (const [, { index, neighbours }] of imagesOf(written.expected(name))) {
      const near = await galaxy.neighboursOf(index);
      expectPairs(near.map((one) => [one.uuid, one.similarity]), neighbours);
    }
  });

  it("finds the same by its codes", async () => {
    const galaxy = await open(name);
    for (const [uuid, { index, similar }] of imagesOf(written.expected(name))) {
      if (similar === null) continue;
      const best = await galaxy.similarTo(index, similar.length + 3, 0, () => undefined, new AbortController().signal);
      const places = await Promise.all(Array.from(best.tiles, (tile) => galaxy.placeOf(tile)));
      const pairs = places.flatMap<Pair>((place, i) => (place === null || place.uuid === uuid ? [] : [[place.uuid, best.cosines[i]!]]));
      expectPairs(pairs.slice(0, similar.length), similar);
    }
  });

  it("answers what is asked of it in words", async () => {
    const galaxy = await open(name);
    const index = new SearchIndex((await galaxy.tables()).search.segments, galaxy.base);
    for (const { question, found } of written.expected(name).answers) {
      const { tiles, scores } = await index.search(question);
      const places = await Promise.all(Array.from(tiles, (tile) => galaxy.placeOf(tile)));
      expectPairs(places.flatMap<Pair>((place, i) => (place === null ? [] : [[place.uuid, scores[i]!]])), found);
    }
  });
});

describe("images that are withdrawn while the page is open", () => {
  it("are hidden as they are in a page that is opened later", async () => {
    const galaxy = await open("added_again");
    const { not_there, images } = written.expected("hidden");
    await galaxy.hide(not_there);
    expect(Array.from({ length: galaxy.points.n }, (_, i) => i).filter((i) => galaxy.isLoaded(i) && !galaxy.isShown(i))).toHaveLength(1);
    await Promise.all(galaxy.nodes.list.map((_, node) => galaxy.nodes.load(node)));
    expect(Array.from({ length: galaxy.points.n }, (_, i) => i).filter((i) => !galaxy.isShown(i))).toHaveLength(2);
    for (const uuid of not_there) await expect(galaxy.find(uuid)).resolves.toBe(-1);
    for (const [uuid, { index }] of Object.entries(images)) await expect(galaxy.find(uuid)).resolves.toBe(index);
  });
});

describe("the publications", () => {
  it("hold what a reader can get wrong: nodes and a lookup of newcomers, and patches that contradict each other", async () => {
    expect((await open("added_again")).manifest.nodes.map(({ n, parent }) => [n, parent])).toEqual([[300, -1], [20, -1], [15, -1]]);
    const [added, again] = [written.expected("added"), written.expected("added_again")];
    expect([added.has_lookup_delta, again.has_lookup_delta]).toEqual([true, true]);
    expect(again.n_contested).toBeGreaterThan(10);
    expect(written.expected("hidden").not_there).toHaveLength(3);
    expect(written.expected("compact").n_points).toBe(333);
  });
});
