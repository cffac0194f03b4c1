import type { Config } from "../src/config";
import type { ActionContext } from "../src/actions/context";
import type { Galaxy } from "../src/api/galaxy";
import { DetailsSource } from "../src/api/details";
import { decodeIds } from "../src/api/ids";
import { decodePoints } from "../src/api/points";
import type { Cluster, Column, Details, Manifest } from "../src/api/wire";
import type { State } from "../src/store/state";
import { createGalaxyStore } from "../src/store/store";

/** One picture of a galaxy made for a test. */
export interface Picture {
  readonly q: readonly [number, number, number];
  readonly cluster: number;
  readonly aspect?: number;
  readonly tile?: number;
}

export const uuidOf = (index: number): string => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;

/** The bytes of a points file and the columns that tell where they lie, as `explorer/artifact` writes them. */
export function pointsFile(pictures: readonly Picture[]): { bytes: Uint8Array<ArrayBuffer>; columns: Column[] } {
  const n = pictures.length;
  const sizes: readonly (readonly [string, Column["dtype"], number, number])[] = [
    ["position", "uint16", 3, 2],
    ["cluster", "uint8", 1, 1],
    ["colour", "uint8", 3, 1],
    ["aspect", "uint8", 1, 1],
    ["flags", "uint8", 1, 1],
    ["tile", "uint32", 1, 4],
  ];
  let end = 16;
  const columns = sizes.map(([name, dtype, components, size]) => {
    const offset = Math.ceil(end / 4) * 4;
    end = offset + n * components * size;
    return { name, dtype, components, offset };
  });
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  writeHeader(view, "GLXP", n);
  const at = (name: string): number => columns.find((column) => column.name === name)!.offset;
  pictures.forEach((picture, i) => {
    picture.q.forEach((value, axis) => { view.setUint16(at("position") + 6 * i + 2 * axis, value, true); });
    bytes[at("cluster") + i] = picture.cluster;
    bytes[at("aspect") + i] = picture.aspect ?? 128;
    view.setUint32(at("tile") + 4 * i, picture.tile ?? i, true);
  });
  return { bytes, columns };
}

export function idsFile(n: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + 16 * n);
  writeHeader(new DataView(bytes.buffer), "GLXI", n);
  for (let i = 0; i < n; i += 1) {
    const hex = uuidOf(i).replaceAll("-", "");
    for (let b = 0; b < 16; b += 1) bytes[16 + 16 * i + b] = Number.parseInt(hex.slice(2 * b, 2 * b + 2), 16);
  }
  return bytes;
}

function writeHeader(view: DataView, magic: string, n: number): void {
  for (let i = 0; i < 4; i += 1) view.setUint8(i, magic.charCodeAt(i));
  view.setUint16(4, 1, true);
  view.setUint32(8, n, true);
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function makeCluster(index: number, name: string, n_images: number): Cluster {
  return { uuid: `cluster-${index}`, index, name, colour: "#7fb4ff", description: "", n_images, centroid: [0, 0, 0], radius: 1, cover: null, tour_order: index };
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

/** A loaded galaxy of these pictures; its details are answered by `fetch`, which the test replaces. */
export function makeGalaxy(pictures: readonly Picture[], names: readonly string[] = ["cat", "dog", "bird"]): Galaxy {
  const { bytes, columns } = pointsFile(pictures);
  const points = { url: "objects/points.bin", n: pictures.length, columns };
  const manifest: Manifest = {
    format: "galaxy-artifact",
    version: 1,
    galaxy: { uuid: uuidOf(0xffff), slug: "test", title: "Test library", description: "" },
    build: 1,
    n_images: pictures.length,
    bounds: { origin: [-1, -1, -1], extent: 2, radius: 1 },
    clusters: names.map((name, index) => makeCluster(index, name, pictures.filter((one) => one.cluster === index).length)),
    points,
    ids: { url: "objects/ids.bin" },
    atlases: [],
    details: { shard_size: 2, shards: ["objects/d0.json", "objects/d1.json", "objects/d2.json"] },
    credits: [{ text: "OpenMoji", url: "https://openmoji.org", licence: "CC BY-SA 4.0" }],
  };
  const base = "http://localhost/artifacts/test/current.json";
  return { manifest, points: decodePoints(bytes, points, "points"), ids: decodeIds(idsFile(pictures.length), pictures.length, "ids"), details: new DetailsSource(manifest.details, base), base };
}

/** Five pictures: 0, 2 and 4 are cats, 1 and 3 are dogs. */
export const FIVE: readonly Picture[] = [0, 1, 0, 1, 0].map((cluster, i) => ({ q: [i * 1000, 0, 0], cluster }));

export const CONFIG: Config = {
  galaxy: { uuid: uuidOf(0xffff), slug: "test", title: "Test library" },
  pointer_url: "/artifacts/test/current.json",
  rendition_url: "/media/{uuid}/{rendition}",
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
