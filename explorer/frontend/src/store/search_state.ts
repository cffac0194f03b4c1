import type { Found } from "../api/search";
import type { Term } from "../api/search_shards";

/** What is asked for in words, and what came of it. */
export interface SearchState {
  /** Whether the galaxy has words that can be searched; null: not known yet. */
  readonly isPossible: boolean | null;
  /** Whether the field is shown where there is no room for it at rest. */
  readonly isOpen: boolean;
  /** Counts how often somebody asked to type: the field takes the focus when it changes. */
  readonly nFocused: number;
  /** What stands in the field. */
  readonly text: string;
  readonly suggestions: readonly Term[];
  /** `typing`: what is found is still of what was typed before. */
  readonly status: "idle" | "typing" | "searching" | "ready" | "failed";
  /** The answer to what was asked last; it stays until the next one comes. Null: nothing is asked. */
  readonly found: Found | null;
  /** Words to try instead, when nothing was found. */
  readonly nearest: readonly Term[];
  /** Whether matches that are not strong are shown, too. */
  readonly showsWeak: boolean;
  /** The place among the shown matches of the one last flown to; -1: none. */
  readonly at: number;
}

export const INITIAL_SEARCH: SearchState = {
  isPossible: null,
  isOpen: false,
  nFocused: 0,
  text: "",
  suggestions: [],
  status: "idle",
  found: null,
  nearest: [],
  showsWeak: false,
  at: -1,
};

/** How many of the matches are shown: the strong ones, unless all are wanted or none is strong. */
export function countShown({ found, showsWeak }: SearchState): number {
  if (found === null) return 0;
  return showsWeak || found.nStrong === 0 ? found.tiles.length : found.nStrong;
}
