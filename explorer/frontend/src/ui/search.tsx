import { useEffect, useRef, useState } from "react";
import { chooseTerm, clearSearch, prepareSearch, submitQuery, typeQuery, walkMatches } from "../actions/search";
import type { Term } from "../api/search_shards";
import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";
import { SearchResults } from "./search_results";

/** Words to search for, and what they find. A row at the top; on a phone it comes when asked for. Absent where there are no words. */
export function Search() {
  const context = useActionContext();
  const galaxy = useGalaxy((state) => state.galaxy);
  const { isPossible, isOpen } = useGalaxy((state) => state.search);
  useEffect(() => {
    void prepareSearch(context);
  }, [context, galaxy]);
  if (isPossible !== true) return null;
  return (
    <div role="search" className={`search${isOpen ? " search-open" : ""}`} aria-label={text.search}>
      <SearchField />
      <SearchResults />
    </div>
  );
}

/** A combobox as the ARIA patterns describe it: the focus stays in the field, arrows walk the suggestions and, without any, the matches. */
function SearchField() {
  const context = useActionContext();
  const search = useGalaxy((state) => state.search);
  const input = useRef<HTMLInputElement>(null);
  const [isListOpen, setListOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { nFocused } = search;
  const options = isListOpen ? search.suggestions : [];
  useEffect(() => {
    if (nFocused > 0) input.current?.focus();
  }, [nFocused]);

  const openList = (isOpen: boolean): void => {
    setListOpen(isOpen);
    setActive(-1);
  };
  const choose = (term: Term): void => {
    openList(false);
    void chooseTerm(context, term);
  };
  const clear = (): void => {
    openList(false);
    clearSearch(context);
  };
  const arrow = (by: 1 | -1): void => {
    // One place more than there are options: none of them, which is what was typed.
    if (options.length > 0) setActive(((active + 1 + by + options.length + 1) % (options.length + 1)) - 1);
    else void walkMatches(context, by);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => { arrow(1); },
    ArrowUp: () => { arrow(-1); },
    Enter: () => {
      const chosen = options[active];
      if (chosen !== undefined) choose(chosen);
      else {
        openList(false);
        void submitQuery(context);
      }
    },
    Escape: () => {
      if (options.length > 0) openList(false);
      else {
        clear();
        input.current?.blur();
      }
    },
  };
  return (
    <div className="search-field glass">
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={text.searchLabel}
        aria-expanded={options.length > 0}
        aria-controls="search-options"
        aria-autocomplete="list"
        {...(active >= 0 ? { "aria-activedescendant": `search-option-${active}` } : {})}
        placeholder={text.searchPlaceholder}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={200}
        value={search.text}
        onChange={(event) => {
          openList(true);
          typeQuery(context, event.target.value);
        }}
        onKeyDown={(event) => {
          // While an input method composes, Enter and arrows are its own.
          const perform = event.nativeEvent.isComposing ? undefined : keys[event.key];
          if (perform === undefined) return;
          event.preventDefault();
          perform();
        }}
        onBlur={() => { openList(false); }}
      />
      {(search.text !== "" || search.isOpen) && (
        <button type="button" className="tool" aria-label={text.clearSearch} onClick={clear}>
          <Icon name="close" />
        </button>
      )}
      <Suggestions options={options} active={active} choose={choose} />
    </div>
  );
}

interface SuggestionsProps {
  readonly options: readonly Term[];
  readonly active: number;
  readonly choose: (term: Term) => void;
}

function Suggestions({ options, active, choose }: SuggestionsProps) {
  return (
    <div id="search-options" role="listbox" aria-label={text.suggestions} className="search-options glass" hidden={options.length === 0}>
      {options.map((term, i) => (
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the focus and handles the keys
        <div
          key={term.key}
          id={`search-option-${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === active}
          // The field keeps the focus.
          onPointerDown={(event) => { event.preventDefault(); }}
          onClick={() => { choose(term); }}
        >
          <span className="search-term">{term.term}</span>
          <span className="quiet small">{text.wordKinds[term.kind]}</span>
          <span className="quiet number">{text.number(term.n)}</span>
        </div>
      ))}
    </div>
  );
}
