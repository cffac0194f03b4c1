import { WireError } from "./errors";

/**
 * The address of a file of the galaxy, by its name in pointer, manifest or tables. Raises WireError for a name that leads out of the
 * pointer's folder: what a galaxy shows comes from that galaxy alone.
 *
 * @param base - the pointer's address
 */
export function addressOf(name: string, base: string): string {
  const folder = new URL(".", base).href;
  const url = URL.canParse(name, base) ? new URL(name, base).href : "";
  if (url.startsWith(folder) && url !== folder) return url;
  throw new WireError("format", base, `Expected the name of a file below ${folder}, got ${JSON.stringify(name)}. Publish the galaxy again.`);
}
