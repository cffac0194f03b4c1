import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BufferAttribute } from "three";
import { loadGalaxy, type Galaxy } from "../../src/api/galaxy";
import { NodeStreamer } from "../../src/scene/node_streamer";
import { PAGE_SIZE, PointPool } from "../../src/scene/point_pool";
import { budgetOf } from "../../src/scene/budget";
import { putBall } from "../../src/math/blocks";
import { emptyProjection, type Projection } from "../../src/math/project";
import { answering, makeFiles, type Picture } from "../support";

/** A root of 100 and two nodes of 1,500 and 1,100 points: 1, 2 and 2 pages. */
const SIZES = [100, 1500, 1100];
const PICTURES: readonly Picture[] = Array.from({ length: 2700 }, (_, i) => ({ q: [i * 20, (i * 7919) % 65536, (i * 104729) % 65536], cluster: i % 3, flags: i === 5 ? 1 : 0 }));
const DEAD = 1 << 16;
const DIMMED = 1 << 17;

function lookAt(): Projection {
  const p = emptyProjection();
  Object.assign(p, { width: 1000, height: 800, focal: 800 });
  p.matrix.set([1.6, 0, 0, 0, 0, 2, 0, 0, 0, 0, -1, -1, 0, 0, 0, 6]);
  return p;
}

/** From so far away that everything is in sight. */
function seeingAll(): Projection {
  const p = lookAt();
  p.matrix[15] = 1e6;
  return p;
}

function openRoot(): Promise<Galaxy> {
  vi.stubGlobal("fetch", answering(makeFiles(PICTURES, SIZES)));
  return loadGalaxy("/artifacts/test/current.json", null, new AbortController().signal, () => undefined);
}

async function open(): Promise<Galaxy> {
  const galaxy = await openRoot();
  await Promise.all([galaxy.nodes.load(1), galaxy.nodes.load(2)]);
  return galaxy;
}

const arrayOf = (pool: PointPool, name: string) => (pool.geometry.getAttribute(name) as BufferAttribute).array;
/** The points that a frame draws: those the index names, but for tombstones. */
const drawn = (pool: PointPool, p = seeingAll()): number[] => {
  pool.cull(p);
  const words = arrayOf(pool, "words");
  const { start, count } = pool.geometry.drawRange;
  const named = [...pool.geometry.getIndex()!.array.slice(start, start + count)];
  return named.filter((point) => (words[3 * point]! & DEAD) === 0);
};
const nDrawn = (pool: PointPool): number => new Set(drawn(pool)).size;

beforeEach(() => {
  vi.stubGlobal("document", { baseURI: "http://localhost/galaxy/test/" });
});

describe("the pool of points", () => {
  it("draws what was added, but for tombstones, and shows its blocks", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 5);
    pool.add(0);
    pool.add(2);
    expect([pool.nPoints, nDrawn(pool), pool.nFree]).toEqual([1199, 1199, 2]);
    expect([...galaxy.nodes.blocks.shown]).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(arrayOf(pool, "position")[3 * PAGE_SIZE]).toBeCloseTo(galaxy.points.positions[3 * 1600]!, 6);
  });

  it("draws nothing of a node any more once it is removed, and gives its pages to the next", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 3);
    pool.add(1);
    pool.add(0);
    pool.remove(1);
    expect([pool.nPoints, nDrawn(pool)]).toEqual([99, 99]);
    pool.add(2);
    expect([pool.nPoints, nDrawn(pool), pool.nFree]).toEqual([1199, 1199, 0]);
    expect([...galaxy.nodes.blocks.shown].slice(0, 7)).toEqual([1, 0, 0, 0, 0, 0, 0]);
  });

  it("leaves out the blocks that are behind the camera or off the screen, and draws them again when it turns back", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 5);
    for (const node of [0, 1, 2]) pool.add(node);
    const behind = lookAt();
    behind.matrix[15] = -1e6;
    const aside = lookAt();
    aside.matrix[12] = 1e6;
    expect([drawn(pool, behind).length, drawn(pool, aside).length]).toEqual([0, 0]);

    // The first block of the second node moves away to the right: it alone is not drawn.
    galaxy.points.positions.fill(0);
    galaxy.points.positions.fill(1e4, 3 * 1600, 3 * 1856);
    pool.refresh();
    for (let b = 0; b < galaxy.nodes.blocks.n; b += 1) putBall(galaxy.points.positions, galaxy.nodes.blocks.first[b]!, galaxy.nodes.blocks.first[b + 1]!, galaxy.nodes.blocks.balls, b);
    expect(drawn(pool, lookAt())).toHaveLength(2699 - 256);
    expect(nDrawn(pool)).toBe(2699);
  });

  it("draws nothing any more of what is withdrawn", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 5);
    pool.add(0);
    pool.add(2);
    galaxy.nodes.hide(new Set([7, 8, 200, 2000]));
    expect([pool.nPoints, nDrawn(pool)]).toEqual([1196, 1196]);
    pool.add(1);
    expect(pool.nPoints).toBe(2695);
  });

  it("lets what does not match step back, and knows where tiles lie once it is told", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 5);
    pool.add(0);
    const words = arrayOf(pool, "words");
    expect(words[2]).toBe(0xffffffff);
    const matches = new Uint8Array(2700);
    matches[1] = 1;
    pool.setMatches(matches);
    pool.setTilePlace((tile) => tile + 7);
    expect([words[0]! & DIMMED, words[3]! & DIMMED, words[5]]).toEqual([DIMMED, 0, 8]);
    pool.setMatches(null);
    expect(words[0]! & DIMMED).toBe(0);
  });

  it("follows points that are moved", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 5);
    pool.add(1);
    galaxy.points.positions[3 * 100] = 42;
    pool.refresh();
    expect(arrayOf(pool, "position")[0]).toBe(42);
  });
});

describe("streaming nodes", () => {
  const listener = { onDue: vi.fn(), onStalled: vi.fn() };

  it("brings everything onto the card where it fits", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 5);
    const streamer = new NodeStreamer(galaxy, pool, listener);
    while (streamer.update(lookAt()));
    expect(pool.nPoints).toBe(2699);
    streamer.dispose();
  });

  it("draws the root before it asks for anything else", async () => {
    const galaxy = await openRoot();
    const pool = new PointPool(galaxy, 5);
    const streamer = new NodeStreamer(galaxy, pool, listener);
    expect([streamer.update(lookAt()), streamer.nRequests, pool.nPoints]).toEqual([true, 0, 99]);
    streamer.update(lookAt());
    expect(streamer.nRequests).toBe(2);
    streamer.dispose();
  });

  it("makes room in a pool that is too small, and keeps the root", async () => {
    const galaxy = await open();
    const pool = new PointPool(galaxy, 3);
    const streamer = new NodeStreamer(galaxy, pool, listener);
    streamer.update(lookAt());
    expect([0, 1, 2].map((node) => pool.has(node))).toEqual([true, true, false]);
    // The others move away: now the first child is out of view.
    galaxy.points.positions.fill(500, 300, 3 * 1600);
    streamer.moved(false);
    streamer.update(lookAt());
    expect([0, 1, 2].map((node) => pool.has(node))).toEqual([true, false, true]);
    streamer.dispose();
  });
});

describe("the budget", () => {
  it("holds a galaxy of up to 100,000 points whole, and caps larger ones", () => {
    const nodes = (n: number) => Array.from({ length: Math.ceil(n / 8000) }, () => ({ n: 8000 }));
    expect(budgetOf(false, 80_000, nodes(80_000)).maxPages).toBe(80);
    expect(budgetOf(true, 80_000, nodes(80_000)).maxPages).toBe(80);
    expect(budgetOf(false, 1_000_000, nodes(1_000_000)).maxPages).toBe(157);
    expect(budgetOf(true, 1_000_000, nodes(1_000_000)).maxPages).toBe(63);
  });

  it("shares out no more than is stated", () => {
    const atlas = Math.ceil((4 * 1024 * 1024 * 4) / 3);
    for (const phone of [false, true]) {
      const nodes = Array.from({ length: 12 }, () => ({ n: 8192 }));
      const { totalBytes, maxPages, nSmall, nTiles, nSharp } = budgetOf(phone, 98_304, nodes);
      const sum = PointPool.bytes(maxPages) + (nSmall + nTiles) * atlas + nSharp * Math.ceil((4 * 512 * 512 * 4) / 3);
      expect(sum).toBeLessThanOrEqual(totalBytes);
      expect(sum).toBeGreaterThan(0.7 * totalBytes);
    }
  });
});
