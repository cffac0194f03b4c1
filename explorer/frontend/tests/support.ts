import type { Config } from "../src/config";
import type { ActionContext } from "../src/actions/context";
import { makeGalaxy as openGalaxy, type Galaxy } from "../src/api/galaxy";
import { decodeChunk } from "../src/api/chunks";
import { parseUuid } from "../src/api/uuids";
import { FORMAT_VERSION, type Cluster, type Column, type Details, type Manifest, type Node, type Tables } from "../src/api/wire";
import type { State } from "../src/store/state";
import { createGalaxyStore } from "../src/store/store";
import { ballsOf } from "../src/math/blocks";
import { dequantize } from "../src/math/quantise";
import { Background } from "../src/worker/background";

/** One picture of a galaxy made for a test. */
export interface Picture {
  readonly q: readonly [number, number, number];
  readonly cluster: number;
  readonly aspect?: number;
  readonly tile?: number;
  readonly flags?: number;
}

export const uuidOf = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;

export const COLUMNS: readonly Column[] = [
  { name: "position", dtype: "uint16", components: 3 },
  { name: "cluster", dtype: "uint8", components: 1 },
  { name: "colour", dtype: "uint8", components: 3 },
  { name: "aspect", dtype: "uint8", components: 1 },
  { name: "flags", dtype: "uint8", components: 1 },
  { name: "tile", dtype: "uint32", components: 1 },
];
const BYTES_OF = { uint8: 1, uint16: 2, uint32: 4 };

/** A binary file of ours: its header, then these bytes. */
export function binaryFile(magic: string, n: number, body: Uint8Array, last = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + body.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 4; i += 1) view.setUint8(i, magic.charCodeAt(i));
  view.setUint16(4, FORMAT_VERSION, true);
  view.setUint32(8, n, true);
  view.setUint32(12, last, true);
  bytes.set(body, 16);
  return bytes;
}

/** Whole numbers of 4 bytes, little-endian. */
export function uint32s(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => { new DataView(bytes.buffer).setUint32(4 * i, value, true); });
  return bytes;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A node's chunk as `explorer/artifact` writes it. Picture i has tile i unless it says another. */
export function chunkFile(pictures: readonly Picture[], first = 0): Uint8Array<ArrayBuffer> {
  const n = pictures.length;
  const offsets = new Map<string, number>();
  let end = 0;
  for (const { name, dtype, components } of COLUMNS) {
    const start = Math.ceil(end / 4) * 4;
    offsets.set(name, start);
    end = start + n * components * BYTES_OF[dtype];
  }
  const body = new Uint8Array(end);
  const view = new DataView(body.buffer);
  const at = (name: string): number => offsets.get(name)!;
  pictures.forEach((picture, i) => {
    picture.q.forEach((value, axis) => { view.setUint16(at("position") + 6 * i + 2 * axis, value, true); });
    body[at("cluster") + i] = picture.cluster;
    body[at("aspect") + i] = picture.aspect ?? 128;
    body[at("flags") + i] = picture.flags ?? 0;
    view.setUint32(at("tile") + 4 * i, picture.tile ?? first + i, true);
  });
  return binaryFile("GLXP", n, body);
}

/** The places of tiles 0 to n - 1: tile i is picture `uuidOf(i)`, at point i. */
export function placesFile(n: number): Uint8Array<ArrayBuffer> {
  const numbers = Array.from({ length: n }, (_, i) => i);
  return binaryFile("GLXI", n, joined(...numbers.map((i) => parseUuid(uuidOf(i))!), uint32s(numbers)));
}

/** A file of the lookup that knows the tiles `first` to `end` - 1 of the same. */
export function lookupFile(end: number, first = 0): Uint8Array<ArrayBuffer> {
  const tiles = Array.from({ length: end - first }, (_, i) => first + i);
  return binaryFile("GLXU", tiles.length, joined(...tiles.map((i) => parseUuid(uuidOf(i))!), uint32s(tiles)));
}

/** The neighbours of tiles 0 to n - 1, each a tile and 255 times its cosine, at most twelve. */
export function neighboursFile(rows: readonly (readonly (readonly [tile: number, cosine: number])[])[]): Uint8Array<ArrayBuffer> {
  const near = rows.flatMap((row) => Array.from({ length: 12 }, (_, i) => row[i] ?? ([0xffffffff, 0] as const)));
  return binaryFile("GLXN", rows.length, joined(uint32s(near.map(([tile]) => tile)), Uint8Array.from(near.map(([, cosine]) => cosine))));
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function makeCluster(index: number, name: string, n_images: number): Cluster {
  return { uuid: uuidOf(0xc000 + index), index, name, colour: "#7fb4ff", description: "", n_images, centroid: [0, 0, 0], radius: 1, cover: null, tour_order: index, labels: [] };
}

export function makeDetails(index: number, changes: Partial<Details> = {}): Details {
  return {
    uuid: uuidOf(index),
    title: `Picture ${index}`,
    description: "",
    width: 640,
    height: 480,
    cluster: 0,
    labels: [],
    colours: [],
    creator: "",
    credit: "",
    licence: "",
    source_url: "",
    ...changes,
  };
}

/** The tables of a galaxy of n pictures in one part a kind, but for details: two a part. */
export function makeTables(n: number): Tables {
  const whole = (url: string) => (n === 0 ? [] : [{ url, first: 0, n }]);
  return {
    version: FORMAT_VERSION,
    n_tiles: n,
    levels: [{ tile_size: 16, atlases: [] }, { tile_size: 64, atlases: [] }],
    places: whole("objects/places.bin"),
    details: Array.from({ length: Math.ceil(n / 2) }, (_, i) => ({ url: `objects/d${i}.json`, first: 2 * i, n: Math.min(2, n - 2 * i) })),
    neighbours: whole("objects/neighbours.bin"),
    neighbour_patches: [],
    codes: { n_features: 2, recall_at_50: null, parts: whole("objects/codes.bin") },
    lookup: { bits: 0, urls: ["objects/lookup.bin"], delta: null },
    search: { segments: [] },
  };
}

/** The manifest of a galaxy of these pictures in one node, or in nodes of the given sizes, each the child of the first. */
export function makeManifest(pictures: readonly Picture[], names: readonly string[] = ["cat", "dog", "bird"], sizes: readonly number[] = [pictures.length]): Manifest {
  let first = 0;
  const nodes: Node[] = sizes.filter((n) => n > 0).map((n, k) => {
    first += n;
    return { first: first - n, n, parent: k === 0 ? -1 : 0, level: k === 0 ? 0 : 1, centre: [0, 0, 0], radius: 2, url: `objects/n${k}.bin`, extra: {} };
  });
  return {
    format: "galaxy-artifact",
    version: FORMAT_VERSION,
    galaxy: { uuid: uuidOf(0xffff), slug: "test", title: "Test library", description: "" },
    build: 1,
    n_images: pictures.length,
    n_points: pictures.length,
    bounds: { origin: [-1, -1, -1], extent: 2, radius: 1 },
    clusters: names.map((name, index) => makeCluster(index, name, pictures.filter((one) => one.cluster === index).length)),
    subgroups: [],
    columns: COLUMNS,
    nodes,
    flat: null,
    tables: "objects/t.json",
    credits: [{ text: "OpenMoji", url: "https://openmoji.org", licence: "CC BY-SA 4.0" }],
    downloads: false,
  };
}

/** The files of a galaxy of these pictures, for `answering`; the test adds the details that it needs. */
export function makeFiles(pictures: readonly Picture[], sizes: readonly number[] = [pictures.length], withdrawn: readonly string[] = []): Record<string, unknown> {
  const manifest = makeManifest(pictures, undefined, sizes);
  return {
    "current.json": { format: "galaxy-pointer", version: FORMAT_VERSION, manifest: "objects/m.json", published_at: "", withdrawn },
    "objects/m.json": manifest,
    "objects/t.json": makeTables(pictures.length),
    "objects/places.bin": placesFile(pictures.length),
    "objects/lookup.bin": lookupFile(pictures.length),
    "objects/neighbours.bin": neighboursFile(pictures.map(() => [])),
    ...Object.fromEntries(manifest.nodes.map((node) => [node.url, chunkFile(pictures.slice(node.first, node.first + node.n), node.first)])),
  };
}

/** A galaxy of these pictures with all points there, as if its chunks had come; what else it fetches, the test's `fetch` answers (`makeFiles`). */
export function makeGalaxy(pictures: readonly Picture[], names: readonly string[] = ["cat", "dog", "bird"]): Galaxy {
  const base = "http://localhost/artifacts/test/current.json";
  const manifest = makeManifest(pictures, names);
  const galaxy = openGalaxy("objects/m.json", manifest, base, new Background(null));
  if (manifest.nodes.length === 0) return galaxy;
  const { position, ...columns } = decodeChunk(chunkFile(pictures), COLUMNS, pictures.length, "n0");
  const positions = dequantize(position, manifest.bounds.origin, manifest.bounds.extent);
  galaxy.nodes.lay(0, { ...columns, positions, balls: ballsOf(positions) });
  return galaxy;
}

/** Five pictures: 0, 2 and 4 are cats, 1 and 3 are dogs. */
export const FIVE: readonly Picture[] = [0, 1, 0, 1, 0].map((cluster, i) => ({ q: [i * 1000, 0, 0], cluster }));

export const CONFIG: Config = {
  galaxy: { uuid: uuidOf(0xffff), slug: "test", title: "Test library" },
  pointer_url: "/artifacts/test/current.json",
  rendition_url: "/media/{uuid}/{rendition}",
  worker_url: null,
  home_url: "/",
  api_url: "/api/v1/",
  image_admin_url: null,
};

export function makeContext(state: Partial<State> = {}): ActionContext {
  return { store: createGalaxyStore(state), config: CONFIG, stage: null };
}

/** A `fetch` that answers from a table of path endings; 404 for everything else. */
export function answering(table: Readonly<Record<string, unknown>>): typeof fetch {
  return (input) => {
    const url = input instanceof Request ? input.url : input.toString();
    const found = Object.entries(table).find(([ending]) => url.endsWith(ending));
    if (found === undefined) return Promise.resolve(new Response("no", { status: 404 }));
    const [, body] = found;
    return Promise.resolve(new Response(body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body)));
  };
}
