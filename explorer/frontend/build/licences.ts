import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|$)/i;

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/** The folder of the package a bundled module came from, or null for our own sources and the bundler's helpers. */
function packageFolder(moduleId: string): string | null {
  const path = moduleId.split("?")[0]?.replaceAll("\0", "") ?? "";
  if (!path.includes("/node_modules/")) return null;
  for (let folder = dirname(path); folder.includes("/node_modules/"); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as Partial<PackageJson>).name !== undefined) {
      return folder;
    }
  }
  return null;
}

/** One chapter of licences.txt. A bundled package without a licence text stops the build: we could not ship it. */
function chapter(folder: string): [string, string] {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageJson;
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0) {
    throw new Error(`Expected a licence file in the package ${name} ${version}, found none. Bundle another package.`);
  }
  return [name, `${"=".repeat(80)}\n${name} ${version} (${license})\n${"=".repeat(80)}\n\n${texts.join("\n\n")}\n`];
}

/**
 * Writes licences.txt: the licence texts of every package that has a module in the bundle, sorted by name. Style
 * sheets and fonts are modules too, so the typeface is in it.
 *
 * @param drawnFrom - packages that something in the bundle was made from, without being in it.
 */
export function collectLicences(drawnFrom: readonly string[]): Plugin {
  return {
    name: "galaxy:licences",
    generateBundle() {
      const chapters = new Map(drawnFrom.map((name) => chapter(join(MODULES, name))));
      for (const id of this.getModuleIds()) {
        const folder = packageFolder(id);
        if (folder !== null) chapters.set(...chapter(folder));
      }
      const sorted = [...chapters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: sorted.join("\n") });
    },
  };
}
