/** What is compared when words are searched: the same folding and splitting as `catalog/words.py`. */

const MAX_WORD_LENGTH = 64;
const ACCENTS = /[\u0300-\u036f]/gu;
const POSSESSIVE = /['’]s(?![\p{L}\p{N}_])/gu;
const RUN = /[\p{L}\p{N}\p{M}]+/gu;
/** Written without blanks: Han, Hiragana and Katakana. */
const CJK = /[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]+/gu;

/** Unicode's case folding, which JavaScript lacks: by way of capitals, so that ß is ss and both sigmas are one. A dotless ı stays. */
function foldCase(text: string): string {
  return text
    .split("ı")
    .map((part) => part.toUpperCase().toLowerCase().replaceAll("ς", "σ"))
    .join("ı");
}

/** The text as it is compared: NFKC, case folded, single blanks, no accents. */
export function foldText(text: string): string {
  const folded = foldCase(text.normalize("NFKC")).split(/\s+/u).filter(Boolean).join(" ");
  return folded.normalize("NFKD").replace(ACCENTS, "").normalize("NFKC");
}

/** The folded words of a text in order. Han and Kana become pairs of characters, and the last one of a run alone. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [run] of foldText(text).replace(POSSESSIVE, "").matchAll(RUN)) {
    let at = 0;
    for (const found of run.matchAll(CJK)) {
      if (found.index > at) words.push(cut(run.slice(at, found.index)));
      const characters = Array.from(found[0]);
      characters.forEach((character, i) => words.push(character + (characters[i + 1] ?? "")));
      at = found.index + found[0].length;
    }
    if (at < run.length) words.push(cut(run.slice(at)));
  }
  return words;
}

/** The key of a label as a whole. */
export function nameKey(name: string): string {
  return cut(foldText(name)).trim();
}

/** Keys lie in order of code points, which for characters beyond U+FFFF is not the order of JavaScript's strings. */
export function compareKeys(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function cut(word: string): string {
  return word.length <= MAX_WORD_LENGTH ? word : Array.from(word).slice(0, MAX_WORD_LENGTH).join("");
}
