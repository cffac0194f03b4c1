import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const UI = fileURLToPath(new URL("../../src/ui/", import.meta.url));
/** What is read out or shown of an attribute. */
const TOLD = new Set(["aria-label", "aria-description", "alt", "title", "placeholder"]);
/** Names of keys are the same on every keyboard. */
const KEYS = new Set(["Esc", "L"]);
const HAS_LETTERS = /\p{L}/u;

/** The words that a component writes itself, instead of taking them from text/. */
function literalsOf(name: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && HAS_LETTERS.test(node.text)) found.push(`${name}: ${node.text.trim()}`);
    if (ts.isJsxAttribute(node) && TOLD.has(node.name.getText()) && node.initializer !== undefined && ts.isStringLiteral(node.initializer)) {
      const { text } = node.initializer;
      if (HAS_LETTERS.test(text) && !KEYS.has(text)) found.push(`${name}: ${text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX));
  return found;
}

it("no component writes a word of its own", () => {
  const files = readdirSync(UI).filter((name) => name.endsWith(".tsx"));
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap((name) => literalsOf(name, readFileSync(UI + name, "utf8")))).toEqual([]);
});

it("the search for such words finds them", () => {
  expect(literalsOf("x.tsx", 'const x = <p title="Hello" className="a">3 · <b>more words</b>{text.close}</p>;')).toEqual(["x.tsx: Hello", "x.tsx: more words"]);
});
