import type { Details } from "../api/wire";
import { text } from "../text";

/** Labels that speak for a picture without a title. */
const N_LABELS = 3;

/** What a picture is called, to the eye and to a screen reader: by its title, else by its surest labels. */
export function nameOf({ title, labels = [] }: Pick<Details, "title" | "labels">): string {
  if (title !== "") return title;
  const surest = labelsOf({ labels }, N_LABELS);
  return surest.length > 0 ? surest.join(", ") : text.picture;
}

/** The surest labels of a picture, the surest first, each once. */
export function labelsOf({ labels = [] }: Pick<Details, "labels">, n: number): string[] {
  const sorted = [...labels].sort((a, b) => b.score - a.score);
  return [...new Set(sorted.map(({ term }) => term))].slice(0, n);
}
