import { useEffect, useRef, useState } from "react";
import { chooseInstead, flyToMatch, showWeak, submitQuery } from "../actions/search";
import { nameOf } from "../actions/naming";
import type { Place } from "../api/tiles";
import { renditionUrl } from "../api/renditions";
import { countShown } from "../store/search_state";
import { text } from "../text";
import { useActionContext, useGalaxy, useNear } from "./hooks";

/** Pictures in the strip; the galaxy itself shows all of them. */
const IN_STRIP = 60;

/** What was found: how many, and the best of them in a row. */
export function SearchResults() {
  const context = useActionContext();
  const search = useGalaxy((state) => state.search);
  const { found, status } = search;
  if (status === "failed") {
    return (
      <div className="search-results glass">
        <p>{text.searchFailed}</p>
        <button type="button" className="button" onClick={() => { void submitQuery(context); }}>
          {text.retry}
        </button>
      </div>
    );
  }
  if (found === null) return null;
  if (found.tiles.length === 0) return <NothingFound />;
  const shown = countShown(search);
  return (
    <div className="search-results glass">
      <div className="search-count">
        <p>{text.found(shown, found.isPartial)}</p>
        {shown < found.tiles.length && (
          <button type="button" className="copy" onClick={() => { void showWeak(context); }}>
            {text.showWeaker(found.tiles.length - shown)}
          </button>
        )}
      </div>
      <Matches className="search-strip" limit={IN_STRIP} />
    </div>
  );
}

function NothingFound() {
  const context = useActionContext();
  const { nearest } = useGalaxy((state) => state.search);
  return (
    <div className="search-results glass">
      <p>{text.nothingFound}</p>
      {nearest.length > 0 && (
        <div className="search-nearest">
          <span className="quiet">{text.didYouMean}</span>
          {nearest.map((term) => (
            <button key={term.key} type="button" className="copy" onClick={() => { void chooseInstead(context, term); }}>
              {term.term} <span className="quiet">{text.number(term.n)}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** The first of the shown matches, the best first, as pictures to fly to. */
export function Matches({ className, limit, isTitled = false }: { readonly className: string; readonly limit: number; readonly isTitled?: boolean }) {
  const search = useGalaxy((state) => state.search);
  const tiles = search.found?.tiles.subarray(0, Math.min(limit, countShown(search))) ?? new Uint32Array();
  return (
    <ul className={className} aria-label={text.matches}>
      {Array.from(tiles, (tile, at) => (
        <Match key={tile} tile={tile} at={at} isTitled={isTitled} />
      ))}
    </ul>
  );
}

function Match({ tile, at, isTitled }: { readonly tile: number; readonly at: number; readonly isTitled: boolean }) {
  const context = useActionContext();
  const galaxy = useGalaxy((state) => state.galaxy);
  const isCurrent = useGalaxy((state) => state.search.at === at);
  const item = useRef<HTMLLIElement>(null);
  const isNear = useNear(item, 200);
  const [place, setPlace] = useState<Place | null>(null);
  const [title, setTitle] = useState("");
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    if (!isNear || galaxy === null) return undefined;
    let isWanted = true;
    const look = async (): Promise<void> => {
      const found = await galaxy.placeOf(tile);
      if (!isWanted) return;
      setPlace(found);
      setMissing(found === null);
      if (found === null) return;
      const details = await galaxy.details.fetch(found.index);
      setTitle(nameOf(details));
    };
    // A picture without a title, or none at all, says enough; the panel tells what went wrong if it is opened.
    look().catch(() => undefined);
    return () => { isWanted = false; };
  }, [galaxy, tile, isNear]);
  useEffect(() => {
    if (isCurrent) item.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [isCurrent]);
  return (
    <li ref={item} hidden={isMissing}>
      <button
        type="button"
        className="match"
        aria-current={isCurrent}
        aria-label={title === "" ? text.match(at + 1) : title}
        title={title}
        onClick={() => { void flyToMatch(context, at); }}
      >
        {place !== null && <img src={renditionUrl(context.config.rendition_url, place.uuid, "small")} alt="" loading="lazy" decoding="async" />}
      </button>
      {isTitled && (
        <span className="tile-title" aria-hidden="true">
          {title}
        </span>
      )}
    </li>
  );
}
