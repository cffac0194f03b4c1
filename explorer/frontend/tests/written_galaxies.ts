import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Details } from "../src/api/wire";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PYTHON = join(ROOT, ".venv/bin/python");

/** Image and number: how alike it is, or how well it matches. */
export type Pair = readonly [uuid: string, value: number];

/** What Python's reader says of one image. */
export interface WrittenImage {
  readonly index: number;
  readonly tile: number;
  readonly position: readonly number[];
  readonly cluster: number;
  readonly colour: readonly number[];
  readonly aspect: number;
  readonly flags: number;
  readonly flat: readonly number[];
  readonly time: number;
  readonly details: Details;
  readonly neighbours: readonly Pair[];
  /** Of every sixteenth point. */
  readonly similar: readonly Pair[] | null;
}

/** What Python's reader says of one publication. */
export interface WrittenGalaxy {
  readonly n_points: number;
  readonly has_lookup_delta: boolean;
  /** Tiles of whose neighbours two patches say different things. */
  readonly n_contested: number;
  readonly images: Readonly<Record<string, WrittenImage>>;
  readonly not_there: readonly string[];
  readonly answers: readonly { readonly question: string; readonly found: readonly Pair[] }[];
}

/** A folder of publications, written anew by Python for this run, so that neither reader can be tested with what nobody writes any more. */
export interface WrittenGalaxies {
  /** As a web server would, from this folder. */
  readonly fetch: typeof fetch;
  expected(name: string): WrittenGalaxy;
  remove(): void;
}

/** Lets `tests/explorer/artifact/written_galaxies.py` write them. */
export function writeGalaxies(): WrittenGalaxies {
  const folder = join(mkdtempSync(join(tmpdir(), "galaxies-")), "written");
  execFileSync(PYTHON, ["-m", "tests.explorer.artifact.written_galaxies", folder], { cwd: ROOT, stdio: "pipe" });
  return {
    fetch: (input) => {
      const path = join(folder, new URL(input instanceof Request ? input.url : input.toString()).pathname);
      return Promise.resolve(existsSync(path) ? new Response(readFileSync(path)) : new Response("no", { status: 404 }));
    },
    expected: (name) => JSON.parse(readFileSync(join(folder, `${name}.expected.json`), "utf8")) as WrittenGalaxy,
    remove: () => { rmSync(join(folder, ".."), { recursive: true }); },
  };
}
