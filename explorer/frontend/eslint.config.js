import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Forbids imports for some files, each with its reason. */
const forbid = (files, patterns) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: patterns.map(([group, message]) => ({ group, message })) }] },
});

const REACT = [["react", "react-dom", "react-dom/*", "react/*", "zustand/react"], "React must not hear of a frame: the scene is imperative. Put what both need into the store (zustand/vanilla)."];
const THREE = [["three", "three/*"], "Only scene/ draws: ask it through an action and the store."];
const SCENE = [["**/scene/*", "../scene", "./scene"], "ui/ and scene/ meet only in store, actions, math and api, so that either can be replaced."];
const UI = [["**/ui/*", "../ui", "./ui"], "scene/ and ui/ meet only in store, actions, math and api, so that either can be replaced."];
const UPWARD = [["**/store/*", "**/actions/*", "**/api/*"], "math/ is pure: numbers in, numbers out, so that it is tested without a page."];

export default tseslint.config(
  { ignores: ["node_modules/", "dist/"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", { max: 400 }],
      "no-console": "error",
      // Numbers in sentences are what half of our texts are made of.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Column access like a[i]! after a bounds check is the price of noUncheckedIndexedAccess in number-crunching code.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  forbid(["src/scene/**"], [REACT, UI]),
  forbid(["src/ui/**"], [THREE, SCENE]),
  forbid(["src/math/**"], [REACT, THREE, SCENE, UI, UPWARD]),
  forbid(["src/api/**", "src/worker/**", "src/store/**", "src/actions/**", "src/text/**"], [REACT, THREE, SCENE, UI]),
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
  { files: ["tests/**"], rules: { "max-lines": ["error", { max: 600 }] } },
);
