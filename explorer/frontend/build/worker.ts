import { build, type Plugin } from "vite";

/**
 * Builds a worker's entry, with all that it imports, into one classic script beside the page's: workers cannot share the
 * page's, and the page's format holds one entry only. The page is told where it lies.
 */
export function bundleWorker(entry: string, fileName: string): Plugin {
  return {
    name: "galaxy:worker",
    apply: "build",
    async generateBundle() {
      const built = await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        build: { write: false, target: "es2022", rolldownOptions: { input: entry, output: { format: "iife" } } },
      });
      const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ("output" in one ? one.output : []));
      const script = outputs.find((one) => one.type === "chunk");
      if (script === undefined) throw new Error(`Expected ${entry} to build to one script, got none.`);
      this.emitFile({ type: "asset", fileName, source: script.code });
    },
  };
}
