import { useEffect, useRef, useState } from "react";
import { renditionUrl } from "../api/renditions";
import type { Cluster, Subgroup } from "../api/wire";
import { countShown } from "../store/search_state";
import { text } from "../text";
import { Chip } from "./chip";
import { useActionContext, useGalaxy } from "./hooks";
import { FIRST, ListPictures, MORE } from "./list_pictures";
import { Matches } from "./search_results";

/** The same pictures without space: cluster by cluster, for those whom 3-D does not help and for browsers without WebGL 2. */
export function ListView() {
  const galaxy = useGalaxy((state) => state.galaxy);
  const gl = useGalaxy((state) => state.gl);
  const { store } = useActionContext();
  const clusters = [...(galaxy?.manifest.clusters ?? [])].filter((one) => one.n_images > 0).sort((a, b) => b.n_images - a.n_images);
  // Where one comes from; else the largest, so that there is something to see.
  const [first] = useState(() => store.getState().focusedCluster ?? clusters[0]?.index);
  return (
    <main id="list" className="list" aria-label={text.listView} tabIndex={-1}>
      <div className="list-veil" aria-hidden="true" />
      <div className="list-veil list-veil-end" aria-hidden="true" />
      {gl === "missing" && <NoWebgl />}
      <MatchSection />
      {clusters.map((cluster) => <ClusterSection key={cluster.uuid} cluster={cluster} isFirst={cluster.index === first} />)}
    </main>
  );
}

function NoWebgl() {
  return (
    <div className="list-notice glass">
      <p>{text.noWebgl}</p>
      <button type="button" className="button" onClick={() => { window.location.reload(); }}>{text.retry}</button>
    </div>
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
        <button type="button" className="button" onClick={() => { setShown(shown + MORE); }}>
          {text.more(Math.min(MORE, n - shown))}
        </button>
      )}
    </section>
  );
}

/** A cluster: its name is the button that unfolds its pictures. */
function ClusterSection({ cluster, isFirst }: { readonly cluster: Cluster; readonly isFirst: boolean }) {
  const { config } = useActionContext();
  const galaxy = useGalaxy((state) => state.galaxy);
  // Laid out flat, the points are not where the neighbourhoods' places in space are.
  const isFlat = useGalaxy((state) => state.layout === "flat");
  const cover = useGalaxy((state) => (cluster.cover !== null && state.galaxy?.isWithdrawn(cluster.cover) === false ? cluster.cover : null));
  const [isOpen, setOpen] = useState(isFirst);
  const [subgroup, setSubgroup] = useState<Subgroup | null>(null);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    const list = section.current?.parentElement;
    // Below the page's head, where the topmost cluster is.
    if (isFirst && list) list.scrollTop = section.current!.offsetTop - (list.querySelector<HTMLElement>(".list-cluster")?.offsetTop ?? 0);
  }, [isFirst]);
  if (galaxy === null) return null;
  const subgroups = isFlat ? [] : galaxy.manifest.subgroups.filter((one) => one.cluster === cluster.index);
  const chosen = subgroups.find((one) => one === subgroup) ?? null;
  const id = `cluster-${cluster.uuid}`;
  return (
    <section ref={section} className="list-cluster" aria-labelledby={id}>
      <h2 id={id}>
        <button type="button" className="list-head" aria-expanded={isOpen} onClick={() => { setOpen(!isOpen); }}>
          {cover !== null && (
            <img className="list-cover" src={renditionUrl(config.rendition_url, cover, "small")} alt="" loading="lazy" decoding="async" />
          )}
          <Chip colour={cluster.colour} />
          <span className="list-name">{cluster.name}</span> <span className="quiet">{text.pictures(cluster.n_images)}</span>
        </button>
      </h2>
      {cluster.description !== "" && <p className="quiet" dir="auto">{cluster.description}</p>}
      {isOpen && subgroups.length > 0 && <Subgroups name={cluster.name} subgroups={subgroups} chosen={chosen} choose={setSubgroup} />}
      {isOpen && <ListPictures key={chosen?.name ?? ""} galaxy={galaxy} cluster={cluster} subgroup={chosen} />}
    </section>
  );
}

interface SubgroupsProps {
  readonly name: string;
  readonly subgroups: readonly Subgroup[];
  readonly chosen: Subgroup | null;
  readonly choose: (subgroup: Subgroup | null) => void;
}

/** The neighbourhoods within a cluster: one of them, or all. */
function Subgroups({ name, subgroups, chosen, choose }: SubgroupsProps) {
  return (
    <div className="list-subgroups" role="group" aria-label={text.subgroupsOf(name)}>
      <button type="button" className="copy" aria-pressed={chosen === null} onClick={() => { choose(null); }}>{text.all}</button>
      {subgroups.map((one) => (
        <button key={one.name} type="button" className="copy" aria-pressed={one === chosen} onClick={() => { choose(one); }}>
          {one.name} <span className="quiet number">{text.number(one.n_images)}</span>
        </button>
      ))}
    </div>
  );
}
