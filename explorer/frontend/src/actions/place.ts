import type { View } from "../math/view";

/** Which way the galaxy is laid out before one: in space, flat, or as a list. */
export type Mode = "space" | "flat" | "list";

/** What an address says about where one is. Images and clusters by uuid: point numbers change with every build. */
export interface Place {
  readonly image: string | null;
  readonly cluster: string | null;
  readonly view: View | null;
  readonly mode: Mode;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Beyond what any galaxy measures, a number is a mistake, and would only make the camera fail. */
const LARGEST = 1e9;
/** A five-digit distance is a hundredth of a picture's width at a million pictures. */
const DIGITS = 5;

/** Reads what stands after `#`. Parts that are unknown or do not make sense are passed over. */
export function parsePlace(hash: string): Place {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const mode = parts.get("mode");
  return {
    image: asUuid(parts.get("image")),
    cluster: asUuid(parts.get("cluster")),
    view: asView(parts.get("view")),
    mode: mode === "flat" || mode === "list" ? mode : "space",
  };
}

/** Writes a place as an address has it, `#` included; empty when there is nothing to say. */
export function formatPlace(place: Place): string {
  const parts: string[] = [];
  if (place.image !== null) parts.push(`image=${place.image}`);
  if (place.cluster !== null) parts.push(`cluster=${place.cluster}`);
  if (place.view !== null) parts.push(`view=${formatView(place.view)}`);
  if (place.mode !== "space") parts.push(`mode=${place.mode}`);
  return parts.length === 0 ? "" : `#${parts.join("&")}`;
}

function asUuid(value: string | null): string | null {
  return value !== null && UUID.test(value) ? value.toLowerCase() : null;
}

function formatView({ pivot, distance, yaw, pitch }: View): string {
  return [...pivot, distance, yaw, pitch].map((value) => Number(value.toPrecision(DIGITS))).join(",");
}

function asView(value: string | null): View | null {
  const numbers = value === null || value === "" ? [] : value.split(",").map(Number);
  if (numbers.length !== 6 || numbers.some((one) => !(Math.abs(one) < LARGEST))) return null;
  const [x, y, z, distance, yaw, pitch] = numbers as [number, number, number, number, number, number];
  if (distance <= 0 || Math.abs(pitch) > Math.PI / 2) return null;
  return { pivot: [x, y, z], distance, yaw, pitch };
}
