import { WireError } from "./errors";
import { FORMAT_VERSION, type DetailsPart, type Manifest, type Node, type Pointer, type Tables } from "./wire";

/** The root's; so the memory for all points is bounded by the length of the manifest. */
const MAX_NODE_POINTS = 16_384;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return (typeof value === "object" && value !== null ? value : {}) as Fields;
}

function asFormat(value: unknown, url: string, format: string): Fields {
  const fields = fieldsOf(value);
  if (fields.format !== format || fields.version !== FORMAT_VERSION) {
    const came = `${String(fields.format)} version ${String(fields.version)}`;
    throw new WireError("format", url, `Expected ${format} version ${FORMAT_VERSION} from ${url}, got ${came}. Reload the page, or publish the galaxy again.`);
  }
  return fields;
}

function checkKeys(fields: Fields, names: readonly string[], url: string): void {
  const missing = names.filter((name) => !(name in fields));
  if (missing.length > 0) {
    throw new WireError("format", url, `Expected ${missing.join(", ")} in ${url}, found none. Publish the galaxy again.`);
  }
}

/** Checks that the JSON is a pointer we can follow. Raises WireError. */
export function readPointer(value: unknown, url: string): Pointer {
  const fields = asFormat(value, url, "galaxy-pointer");
  if (typeof fields.manifest !== "string" || !Array.isArray(fields.withdrawn)) {
    throw new WireError("format", url, `Expected the name of a manifest and a list of what is withdrawn in ${url}, found none. Publish the galaxy again.`);
  }
  return value as Pointer;
}

/** Checks that the JSON is a manifest of ours: format, version and the parts that every reader needs. Raises WireError. */
export function readManifest(value: unknown, url: string): Manifest {
  const fields = asFormat(value, url, "galaxy-artifact");
  checkKeys(fields, ["bounds", "clusters", "subgroups", "columns", "nodes", "n_points", "flat", "tables", "credits"], url);
  const manifest = value as Manifest;
  const isNode = ({ n, parent }: Node, k: number): boolean =>
    Number.isInteger(n) && n > 0 && n <= MAX_NODE_POINTS && Number.isInteger(parent) && parent >= -1 && parent < k;
  if (!Array.isArray(fields.nodes) || !manifest.nodes.every(isNode)) {
    throw new WireError("format", url, `Expected nodes of 1 to ${MAX_NODE_POINTS} points, parents before children, in ${url}. Publish the galaxy again.`);
  }
  const end = manifest.nodes.reduce((at, node) => (node.first === at ? at + node.n : NaN), 0);
  if (end !== manifest.n_points) {
    throw new WireError("format", url, `Expected nodes that hold the ${manifest.n_points} points one after the other in ${url}. Publish the galaxy again.`);
  }
  return manifest;
}

/** Checks that the JSON is the table of all parts. Raises WireError. */
export function readTables(value: unknown, url: string): Tables {
  const fields = fieldsOf(value);
  if (fields.version !== FORMAT_VERSION) {
    throw new WireError("format", url, `Expected tables version ${FORMAT_VERSION} from ${url}, got ${String(fields.version)}. Publish the galaxy again.`);
  }
  checkKeys(fields, ["n_tiles", "levels", "places", "details", "neighbours", "neighbour_patches", "codes", "lookup", "search"], url);
  return value as Tables;
}

/** Checks that the JSON is a part of the details. Raises WireError. */
export function readDetailsPart(value: unknown, url: string): DetailsPart {
  const part = value as Partial<DetailsPart> | null;
  if (part?.version !== FORMAT_VERSION || !Array.isArray(part.images)) {
    throw new WireError("format", url, `Expected details version ${FORMAT_VERSION} from ${url}, got something else. Publish the galaxy again.`);
  }
  return part as DetailsPart;
}
