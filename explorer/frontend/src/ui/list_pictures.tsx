import { useEffect, useRef, useState } from "react";
import { listPictures, NOTHING_LISTED } from "../actions/list_pictures";
import { labelsOf, nameOf } from "../actions/naming";
import { selectImage } from "../actions/select_image";
import type { Galaxy } from "../api/galaxy";
import { renditionUrl } from "../api/renditions";
import type { Cluster, Details, Subgroup } from "../api/wire";
import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";

/** Pictures of a page: the first, and each that is asked for. */
export const FIRST = 24;
export const MORE = 72;
const N_LABELS = 3;

interface Props {
  readonly galaxy: Galaxy;
  readonly cluster: Cluster;
  /** Null: all of the cluster. */
  readonly subgroup: Subgroup | null;
}

/** The pictures of a cluster or of a neighbourhood, a page at a time. */
export function ListPictures({ galaxy, cluster, subgroup }: Props) {
  const [wanted, setWanted] = useState(FIRST);
  const [attempt, setAttempt] = useState(0);
  const [listing, setListing] = useState(NOTHING_LISTED);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const reached = useRef(listing);
  useEffect(() => {
    let isWanted = true;
    listPictures(galaxy, { cluster, subgroup }, reached.current, wanted).then(
      (found) => {
        if (!isWanted) return;
        reached.current = found;
        setListing(found);
        setState((before) => (before === "loading" ? "ready" : before));
      },
      () => { if (isWanted) setState("failed"); },
    );
    return () => { isWanted = false; };
  }, [galaxy, cluster, subgroup, wanted, attempt]);
  // Some may have been withdrawn since they were listed.
  useGalaxy((state) => state.nWithdrawn);
  const shown = listing.points.filter((index) => galaxy.isShown(index)).slice(0, wanted);
  // A cluster's number is known; of a neighbourhood it is only known that there is more.
  const left = subgroup === null ? cluster.n_images - wanted : listing.hasMore ? MORE : listing.points.length - wanted;
  return (
    <>
      <ul className="list-grid" aria-busy={state === "loading"}>
        {shown.map((index) => <Tile key={`${attempt} ${index}`} galaxy={galaxy} index={index} onFail={() => { setState("failed"); }} />)}
      </ul>
      {state === "failed" && (
        <div className="list-failed" role="alert">
          <p>{text.listFailed}</p>
          <button type="button" className="button" onClick={() => { setState("loading"); setAttempt(attempt + 1); }}>{text.retry}</button>
        </div>
      )}
      {state === "loading" && shown.length > 0 && <p className="quiet small" role="status">{text.listLoading}</p>}
      {state !== "failed" && left > 0 && (
        <button type="button" className="button" onClick={() => { setState("loading"); setWanted(wanted + MORE); }}>
          {text.more(Math.min(MORE, left))}
        </button>
      )}
    </>
  );
}

function Tile({ galaxy, index, onFail }: { readonly galaxy: Galaxy; readonly index: number; readonly onFail: () => void }) {
  const context = useActionContext();
  const isSelected = useGalaxy((state) => state.selection?.index === index);
  const [uuid, setUuid] = useState<string | null>(null);
  const [details, setDetails] = useState<Details | null>(null);
  const [isPictureMissing, setPictureMissing] = useState(false);
  const fail = useRef(onFail);
  useEffect(() => {
    let isWanted = true;
    const note = (): void => { if (isWanted) fail.current(); };
    galaxy.uuidOf(index).then((found) => { if (isWanted) setUuid(found); }, note);
    galaxy.details.fetch(index).then((found) => { if (isWanted) setDetails(found); }, note);
    return () => { isWanted = false; };
  }, [galaxy, index]);
  const name = details === null ? "" : nameOf(details);
  // Labels that are the name already are not told twice.
  const labels = details === null || details.title === "" ? [] : labelsOf(details, N_LABELS);
  return (
    <li>
      <button
        type="button"
        className="tile"
        aria-label={name || text.picture}
        aria-pressed={isSelected}
        onClick={() => { void selectImage(context, index); }}
      >
        <img
          className={isPictureMissing ? "tile-failed" : ""}
          {...(uuid === null ? {} : { src: renditionUrl(context.config.rendition_url, uuid, "small") })}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => { setPictureMissing(true); }}
        />
        <span className="tile-title" dir="auto">{name}</span>
      </button>
      <p className="tile-labels" dir="auto">{labels.join(", ")}</p>
    </li>
  );
}
