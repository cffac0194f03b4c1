import { foldText, nameKey, splitWords } from "./search_words";

/** Images with all of `words`, with words that begin with `prefix`, and with none of `excluded`. */
export interface Query {
  readonly words: readonly string[];
  /** Empty: none is only begun. */
  readonly prefix: string;
  readonly excluded: readonly string[];
}

const PART = /(-?)(?:"([^"]*)"?|(\S+))/gu;

/**
 * What a text asks for. The last word is the beginning of one, unless a blank follows; what is in double quotes is a label
 * as a whole; a minus excludes.
 */
export function parseQuery(text: string): Query {
  const words: string[] = [];
  const excluded: string[] = [];
  let isOpen = false;
  for (const [, minus, quoted, plain] of text.matchAll(PART)) {
    const found = (quoted === undefined ? splitWords(plain ?? "") : [nameKey(quoted)]).filter(Boolean);
    (minus === "-" ? excluded : words).push(...found);
    isOpen = found.length > 0 && quoted === undefined && minus !== "-" && !/\s$/u.test(text);
  }
  const prefix = isOpen ? words.pop()! : "";
  return { words: [...new Set(words)], prefix, excluded: [...new Set(excluded)] };
}

/** The text with what is being typed at its end (all of it, if a label begins so) replaced by a whole word or label, ready for the next one. */
export function completeQuery(text: string, key: string): string {
  const quoted = key.includes(" ") ? `"${key}"` : key;
  if (key.startsWith(foldText(text))) return `${quoted} `;
  const before = /^(.*\s)?(-?)[^\s]*$/su.exec(text);
  return `${before?.[1] ?? ""}${before?.[2] ?? ""}${quoted} `;
}

/** What is being typed at the end of a text, from its first letter on; empty after a blank. */
export function lastPart(text: string): string {
  return /[\p{L}\p{N}][^\s"]*$/u.exec(text)?.[0] ?? "";
}
