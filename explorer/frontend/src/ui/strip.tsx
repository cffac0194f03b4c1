import { useEffect, useRef, useState } from "react";
import { showSimilar } from "../actions/similar";
import { closeSimilar, dropStrip, openFromStrip, showNeighbours, stepAlong } from "../actions/strip";
import type { Neighbour } from "../api/galaxy";
import { renditionUrl } from "../api/renditions";
import type { Strip } from "../store/state";
import { text } from "../text/en";
import { useActionContext, useGalaxy, useNear } from "./hooks";
import { Icon } from "./icons";

/** Pictures like the open one, in a row: its neighbours, or all that its code finds. Arrow keys walk along it. */
export function PictureStrip() {
  const context = useActionContext();
  const strip = useGalaxy((state) => state.strip);
  const selected = useGalaxy((state) => state.selection?.index ?? -1);
  useEffect(() => { void showNeighbours(context); }, [context, selected]);
  useEffect(() => () => { dropStrip(context); }, [context]);
  if (strip === null) return null;
  return (
    <section className="strip" aria-label={strip.kind === "similar" ? text.similar : text.nearest}>
      <StripHead strip={strip} isOwn={strip.of.index === selected} />
      <StripState strip={strip} />
      {strip.items.length > 1 && <Thumbnails strip={strip} selected={selected} />}
    </section>
  );
}

function StripHead({ strip, isOwn }: { readonly strip: Strip; readonly isOwn: boolean }) {
  const context = useActionContext();
  const isSimilar = strip.kind === "similar";
  return (
    <div className="section-head">
      <h3>{isSimilar ? text.similar : text.nearest}</h3>
      {(!isSimilar || !isOwn) && (
        <button type="button" className="copy" onClick={() => void showSimilar(context)}>{text.moreLikeThis}</button>
      )}
      {isSimilar && (
        <button type="button" className="strip-close" aria-label={text.closeSimilar} onClick={() => { closeSimilar(context); }}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

/** What there is to say while there is nothing to see, and how far to trust what is seen. */
function StripState({ strip }: { readonly strip: Strip }) {
  const context = useActionContext();
  const { kind, items, phase } = strip;
  switch (phase.status) {
    case "loading":
      return kind === "similar" ? <progress aria-label={text.similarLoading} value={phase.share} /> : <p className="strip-line quiet small">{text.nearestLoading}</p>;
    case "asking":
      return (
        <div className="strip-ask">
          <p className="small">{text.similarAsks(phase.megabytes)}</p>
          <button type="button" className="copy" onClick={() => void showSimilar(context, true)}>{text.load}</button>
        </div>
      );
    case "failed":
      return (
        <div className="strip-ask" role="alert">
          <p className="small">{kind === "similar" ? text.similarFailed : text.nearestFailed}</p>
          <button type="button" className="copy" onClick={() => void (kind === "similar" ? showSimilar(context, true) : showNeighbours(context))}>{text.retry}</button>
        </div>
      );
    case "ready":
      if (items.length === 1) return <p className="strip-line quiet small">{kind === "similar" ? text.nothingSimilar : text.nothingAlike}</p>;
      return kind === "similar" ? <p className="strip-line quiet small">{text.similarFound(items.length - 1, phase.recall)}</p> : null;
  }
}

function Thumbnails({ strip, selected }: { readonly strip: Strip; readonly selected: number }) {
  const list = useRef<HTMLUListElement>(null);
  const at = strip.items.findIndex((item) => item.index === selected);
  useEffect(() => {
    const node = list.current;
    const thumb = node?.children[at]?.firstElementChild;
    if (!node || !(thumb instanceof HTMLElement)) return;
    node.scrollLeft = thumb.offsetLeft - (node.clientWidth - thumb.offsetWidth) / 2;
    // The focus goes along with who walks by arrow keys.
    if (node.contains(document.activeElement)) thumb.focus();
  }, [at]);
  return (
    <ul ref={list} className="strip-list">
      {strip.items.map((item, i) => (
        <li key={item.index}>
          <Thumbnail item={item} isAnchor={i === 0} isSelected={i === at} isStop={i === Math.max(0, at)} place={i} of={strip.items.length - 1} />
        </li>
      ))}
    </ul>
  );
}

interface ThumbnailProps {
  readonly item: Neighbour;
  readonly isAnchor: boolean;
  readonly isSelected: boolean;
  /** Whether Tab stops here. */
  readonly isStop: boolean;
  readonly place: number;
  readonly of: number;
}

function Thumbnail({ item, isAnchor, isSelected, isStop, place, of }: ThumbnailProps) {
  const context = useActionContext();
  const button = useRef<HTMLButtonElement>(null);
  const title = useTitle(item.index, useNear(button, 0));
  const [hasFailed, setFailed] = useState(false);
  return (
    <button
      ref={button}
      type="button"
      className={isAnchor ? "thumb thumb-anchor" : "thumb"}
      aria-label={isAnchor ? text.anchorPicture(title) : text.neighbour(title, place, of, item.similarity)}
      aria-current={isSelected}
      title={title}
      tabIndex={isStop ? 0 : -1}
      onClick={() => {
        openFromStrip(context, item.index);
      }}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        event.preventDefault();
        stepAlong(context, event.key === "ArrowRight" ? 1 : -1);
      }}
    >
      <img
        className={hasFailed ? "tile-failed" : ""}
        src={renditionUrl(context.config.rendition_url, item.uuid, "small")}
        alt=""
        loading="lazy"
        decoding="async"
        onError={() => {
          setFailed(true);
        }}
      />
      {!isAnchor && <span className="thumb-alike number" aria-hidden="true">{text.percent(item.similarity)}</span>}
    </button>
  );
}

/** The title of a picture, once it is in sight and known; empty before. */
function useTitle(index: number, isWanted: boolean): string {
  const galaxy = useGalaxy((state) => state.galaxy);
  const [title, setTitle] = useState("");
  useEffect(() => {
    if (!isWanted || galaxy === null) return undefined;
    let isHere = true;
    galaxy.details.fetch(index).then(
      (details) => { if (isHere) setTitle(details.title || text.untitled); },
      // The picture stands for itself; the panel says what went wrong if one opens it.
      () => undefined,
    );
    return () => { isHere = false; };
  }, [galaxy, index, isWanted]);
  return title;
}
