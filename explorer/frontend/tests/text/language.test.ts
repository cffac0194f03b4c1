// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CONFIG } from "../support";

/** The language that a page with this configuration speaks, opened anew. */
async function languageOf(config: object, address = "/galaxy/test/"): Promise<string> {
  window.history.replaceState(null, "", address);
  const script = document.body.appendChild(document.createElement("script"));
  script.type = "application/json";
  script.id = "galaxy-config";
  script.textContent = JSON.stringify(config);
  vi.resetModules();
  return (await import("../../src/text")).language;
}

beforeEach(() => { vi.spyOn(navigator, "languages", "get").mockReturnValue(["de-AT", "en"]); });
afterEach(() => { document.body.replaceChildren(); });

describe("an opened page", () => {
  it("speaks what Django chose, whatever the browser says", async () => {
    await expect(languageOf({ ...CONFIG, language: "en" })).resolves.toBe("en");
  });

  it("speaks the browser's language in a copied galaxy, where nobody chose", async () => {
    await expect(languageOf(CONFIG)).resolves.toBe("de");
  });

  it("speaks what its address asks for before all else", async () => {
    await expect(languageOf({ ...CONFIG, language: "de" }, "/galaxy/test/?lang=en")).resolves.toBe("en");
  });
});
