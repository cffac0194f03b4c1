import { describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/text";
import { de } from "../../src/text/de";
import { en } from "../../src/text/en";

/** Every key with its kind: `errors.missing: string`, `more: function 1`. Rows of the help are one key each. */
function shapeOf(value: unknown, name = ""): string[] {
  if (typeof value === "function") return [`${name}: function`];
  if (Array.isArray(value)) return value.flatMap((one, i) => shapeOf(one, `${name}[${i}]`));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([key, one]) => shapeOf(one, `${name}.${key}`));
  return [`${name}: ${typeof value}`];
}

describe("languages", () => {
  it("say the same things", () => {
    expect(shapeOf(de).sort()).toEqual(shapeOf(en).sort());
  });

  it("leave no sentence untranslated", () => {
    const sentences = (value: unknown): string[] => (typeof value === "string" ? [value] : typeof value === "object" && value !== null ? Object.values(value).flatMap(sentences) : []);
    const english = new Set(sentences(en).filter((one) => one.includes(" ") && /[a-z]{3}/.test(one)));
    // Names stay what they are.
    expect(sentences(de).filter((one) => english.has(one))).toEqual(["Cloud Vision"]);
  });

  it("write numbers, shares, dates and places in their own way", () => {
    expect([en.pictures(80_984), en.percent(0.934), en.date("1923-05-01")]).toEqual(["80,984 pictures", "93%", "1 May 1923"]);
    expect([de.pictures(80_984), de.percent(0.934), de.date("1923-05-01")]).toEqual(["80.984 Bilder", "93\u00a0%", "1. Mai 1923"]);
    expect([en.coordinates(-33.8568, 151.2153), de.coordinates(-33.8568, 151.2153)]).toEqual(["33.85680° S, 151.21530° E", "33,85680° S, 151,21530° O"]);
    expect([en.pictures(1), de.pictures(1)]).toEqual(["1 picture", "1 Bild"]);
  });

  it("say aloud what was reached and what lies next to it", () => {
    expect(en.announceCluster("Snow", 812, "ski slope")).toBe("Snow, 812 pictures; nearest: ski slope.");
    expect(en.announceImage("Tabby on a wall", "cat", "")).toBe("Tabby on a wall, in cat.");
    expect(de.announceCluster("Schnee", 812, "Piste")).toBe("Schnee, 812 Bilder; am nächsten: Piste.");
  });
});

describe("the language of the page", () => {
  it("is the first that is wished for and spoken", () => {
    expect(chooseLanguage(["de", "en"])).toBe("de");
    expect(chooseLanguage([null, undefined, "fr-CA", "de-AT", "en"])).toBe("de");
    expect(chooseLanguage(["DE_ch"])).toBe("de");
  });

  it("is English where nothing is wished for, or nothing that is spoken", () => {
    expect(chooseLanguage([])).toBe("en");
    expect(chooseLanguage(["fr", "", "constructor"])).toBe("en");
  });
});
