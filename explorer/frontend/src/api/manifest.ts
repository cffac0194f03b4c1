import { WireError } from "./errors";
import type { DetailsShard, Manifest, Pointer } from "./wire";

type Fields = Readonly<Record<string, unknown>>;

function asFormat(value: unknown, url: string, format: string): Fields {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Fields;
  if (fields.format !== format || fields.version !== 1) {
    const came = `${String(fields.format)} version ${String(fields.version)}`;
    throw new WireError("format", url, `Expected ${format} version 1 from ${url}, got ${came}. Reload the page, or publish the galaxy again.`);
  }
  return fields;
}

/** Checks that the JSON is a pointer we can follow. Raises WireError. */
export function readPointer(value: unknown, url: string): Pointer {
  const fields = asFormat(value, url, "galaxy-pointer");
  if (typeof fields.manifest !== "string") {
    throw new WireError("format", url, `Expected the name of a manifest in ${url}, found none. Publish the galaxy again.`);
  }
  return value as Pointer;
}

/** Checks that the JSON is a manifest of ours: format, version and the parts that every reader needs. Raises WireError. */
export function readManifest(value: unknown, url: string): Manifest {
  const fields = asFormat(value, url, "galaxy-artifact");
  const missing = ["bounds", "clusters", "points", "ids", "atlases", "details"].filter((name) => !(name in fields));
  if (missing.length > 0) {
    throw new WireError("format", url, `Expected ${missing.join(", ")} in ${url}, found none. Publish the galaxy again.`);
  }
  return value as Manifest;
}

/** Checks that the JSON is a shard of details. Raises WireError. */
export function readDetailsShard(value: unknown, url: string): DetailsShard {
  const shard = value as Partial<DetailsShard> | null;
  if (shard?.version !== 1 || !Array.isArray(shard.images)) {
    throw new WireError("format", url, `Expected details version 1 from ${url}, got something else. Publish the galaxy again.`);
  }
  return shard as DetailsShard;
}
