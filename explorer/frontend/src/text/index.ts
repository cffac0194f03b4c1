import { readConfig } from "../config";
import { de } from "./de";
import { en, type Text } from "./en";

export type { Text };

/** The languages that the page speaks, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const TEXTS: Readonly<Record<Language, Text>> = { en, de };

/** The first of the wished-for languages that there is, told by its first part (`de-AT` is German); English if there is none. */
export function chooseLanguage(wished: readonly (string | null | undefined)[]): Language {
  for (const one of wished) {
    const code = one?.toLowerCase().split(/[-_]/)[0] ?? "";
    if (Object.hasOwn(LANGUAGES, code)) return code as Language;
  }
  return "en";
}

/** What the address, the page and the browser wish for, in this order. Outside of a page: nothing. */
function wishes(): readonly (string | null | undefined)[] {
  if (typeof document === "undefined") return [];
  return [new URLSearchParams(window.location.search).get("lang"), configured(), ...navigator.languages];
}

function configured(): string | undefined {
  try {
    return readConfig(document).language;
  } catch {
    return undefined; // A page without a configuration does not get far; main.tsx says why.
  }
}

/** Chosen once, when the page is opened. */
export const language = chooseLanguage(wishes());
export const text: Text = TEXTS[language];
