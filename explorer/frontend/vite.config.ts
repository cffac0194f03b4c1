import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { collectLicences } from "./build/licences.ts";
import { bundleWorker } from "./build/worker.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * One script, its worker, one style sheet and the fonts, under names that never change: Django adds the hashes, and a test
 * rebuilds into another folder (`npm run build -- --outDir X`) and compares bytes, so nothing here may depend on the
 * clock, the machine or the order in which files are found.
 */
export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  plugins: [react(), collectLicences(["world-atlas"]), bundleWorker(here("src/worker/worker.ts"), "explorer-worker.js")],
  build: {
    outDir: here("../../static/explorer"),
    emptyOutDir: true,
    sourcemap: false,
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: here("src/main.tsx"),
      output: {
        // One classic script: it runs the same from `<script type="module">` and from `<script defer>`.
        format: "iife",
        entryFileNames: "explorer.js",
        assetFileNames: (asset) => (asset.names.some((name) => name.endsWith(".css")) ? "explorer.css" : "[name][extname]"),
      },
    },
  },
  test: {
    root: here("."),
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
    sequence: { shuffle: true },
    restoreMocks: true,
    unstubGlobals: true,
  },
});
