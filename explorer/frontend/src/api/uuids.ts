export const UUID_BYTES = 16;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The uuid that starts at a byte, as written: 8-4-4-4-12 lower-case hex. */
export function writeUuid(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = 0; i < UUID_BYTES; i += 1) {
    text += HEX[bytes[at + i]!]!;
    if (i === 3 || i === 5 || i === 7 || i === 9) text += "-";
  }
  return text;
}

/** The 16 bytes of a written uuid, or null for anything else. */
export function parseUuid(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return null;
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: UUID_BYTES }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** Less than 0, 0 or more than 0, as the uuid at a byte comes before, is, or comes after another. */
export function compareUuid(bytes: Uint8Array, at: number, other: Uint8Array): number {
  for (let i = 0; i < UUID_BYTES; i += 1) {
    const difference = bytes[at + i]! - other[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
