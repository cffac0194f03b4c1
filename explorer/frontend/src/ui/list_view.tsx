import { useEffect, useMemo, useRef, useState } from "react";
import { loadAll } from "../actions/load_all";
import { selectImage } from "../actions/select_image";
import type { Galaxy } from "../api/galaxy";
import { renditionUrl } from "../api/renditions";
import type { Cluster } from "../api/wire";
import { countShown } from "../store/search_state";
import { text } from "../text/en";
import { Chip } from "./chip";
import { useActionContext, useGalaxy, useNear } from "./hooks";
import { Matches } from "./search_results";

const FIRST = 24;
const MORE = 72;

/** The same pictures without space: cluster by cluster, for those whom 3-D does not help and for browsers without WebGL 2. */
export function ListView() {
  const galaxy = useGalaxy((state) => state.galaxy);
  const gl = useGalaxy((state) => state.gl);
  const context = useActionContext();
  const nodesLoaded = useGalaxy((state) => state.nodesLoaded);
  // The columns are filled in place: how many nodes have come tells that there is more.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const members = useMemo(() => (galaxy === null ? new Map<number, number[]>() : membersOf(galaxy)), [galaxy, nodesLoaded]);
  useEffect(() => {
    const abort = new AbortController();
    void loadAll(context, abort.signal);
    return () => { abort.abort(); };
  }, [context, galaxy]);
  if (galaxy === null) return null;
  const clusters = [...galaxy.manifest.clusters].sort((a, b) => b.n_images - a.n_images);
  return (
    <main className="list" aria-label={text.listView}>
      <div className="list-veil" aria-hidden="true" />
      <div className="list-veil list-veil-end" aria-hidden="true" />
      {gl === "missing" && <p className="list-notice glass">{text.noWebgl}</p>}
      <MatchSection />
      {clusters.map((cluster) => (
        <ClusterSection key={cluster.uuid} galaxy={galaxy} cluster={cluster} members={members.get(cluster.index) ?? []} />
      ))}
    </main>
  );
}

/** What a search found, before all else. */
function MatchSection() {
  const n = useGalaxy((state) => countShown(state.search));
  const [shown, setShown] = useState(FIRST);
  if (n === 0) return null;
  return (
    <section className="list-cluster" aria-labelledby="list-matches">
      <h2 id="list-matches">
        {text.matches} <span className="quiet">{text.pictures(n)}</span>
      </h2>
      <Matches className="list-grid list-matches" limit={shown} isTitled />
      {n > shown && (
        <button
          type="button"
          className="button"
          onClick={() => {
            setShown(shown + MORE);
          }}
        >
          {text.more(Math.min(MORE, n - shown))}
        </button>
      )}
    </section>
  );
}

/** The shown points of each cluster, in the artifact's order. */
function membersOf(galaxy: Galaxy): Map<number, number[]> {
  const members = new Map<number, number[]>();
  galaxy.points.cluster.forEach((cluster, index) => {
    if (!galaxy.isShown(index)) return;
    const found = members.get(cluster);
    if (found === undefined) members.set(cluster, [index]);
    else found.push(index);
  });
  return members;
}

interface SectionProps {
  readonly galaxy: Galaxy;
  readonly cluster: Cluster;
  readonly members: readonly number[];
}

function ClusterSection({ galaxy, cluster, members }: SectionProps) {
  const [shown, setShown] = useState(FIRST);
  const section = useRef<HTMLElement>(null);
  const isNear = useNear(section);
  const left = members.length - shown;
  return (
    <section ref={section} className="list-cluster" aria-labelledby={`cluster-${cluster.uuid}`}>
      <h2 id={`cluster-${cluster.uuid}`}>
        <Chip colour={cluster.colour} />
        {cluster.name} <span className="quiet">{text.pictures(members.length)}</span>
      </h2>
      {cluster.description !== "" && <p className="quiet">{cluster.description}</p>}
      <ul className="list-grid">
        {isNear && members.slice(0, shown).map((index) => <Tile key={index} galaxy={galaxy} index={index} clusterName={cluster.name} />)}
      </ul>
      {isNear && left > 0 && (
        <button
          type="button"
          className="button"
          onClick={() => {
            setShown(shown + MORE);
          }}
        >
          {text.more(Math.min(MORE, left))}
        </button>
      )}
    </section>
  );
}

function Tile({ galaxy, index, clusterName }: { readonly galaxy: Galaxy; readonly index: number; readonly clusterName: string }) {
  const context = useActionContext();
  const [uuid, setUuid] = useState<string | null>(null);
  const isSelected = useGalaxy((state) => state.selection?.index === index);
  const [title, setTitle] = useState("");
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let isWanted = true;
    galaxy.uuidOf(index).then(
      (found) => { if (isWanted) setUuid(found); },
      () => { if (isWanted) setFailed(true); },
    );
    galaxy.details.fetch(index).then(
      (details) => { if (isWanted) setTitle(details.title || text.untitled); },
      // The picture stands for itself; the panel says what went wrong if one opens it.
      () => undefined,
    );
    return () => { isWanted = false; };
  }, [galaxy, index]);
  return (
    <li>
      <button
        type="button"
        className="tile"
        aria-pressed={isSelected}
        onClick={() => {
          void selectImage(context, index);
        }}
      >
        <img
          className={hasFailed ? "tile-failed" : ""}
          {...(uuid === null ? {} : { src: renditionUrl(context.config.rendition_url, uuid, "small") })}
          alt={title === "" ? clusterName : ""}
          loading="lazy"
          decoding="async"
          onError={() => {
            setFailed(true);
          }}
        />
        <span className="tile-title">{title}</span>
      </button>
    </li>
  );
}
