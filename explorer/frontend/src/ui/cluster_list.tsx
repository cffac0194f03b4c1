import { useRef } from "react";
import { flyToCluster } from "../actions/fly_to_cluster";
import { previewCluster } from "../actions/preview_cluster";
import { toggleClusters } from "../actions/toggle_clusters";
import type { Cluster } from "../api/wire";
import { text } from "../text";
import { Chip } from "./chip";
import { NARROW, useActionContext, useGalaxy, useInset } from "./hooks";
import { Icon } from "./icons";

/** The clusters to jump to, largest first. A card at the side; a sheet from the bottom on a phone. */
export function ClusterList() {
  const context = useActionContext();
  const isOpen = useGalaxy((state) => state.clustersOpen);
  const galaxy = useGalaxy((state) => state.galaxy);
  if (galaxy === null) return null;
  const { clusters } = galaxy.manifest;
  return (
    <nav className="clusters" aria-label={text.clusters}>
      <button
        type="button"
        className="clusters-toggle glass"
        aria-expanded={isOpen}
        aria-label={isOpen ? text.hideClusters : text.showClusters}
        onClick={() => {
          toggleClusters.perform(context);
        }}
      >
        <Icon name="clusters" />
        {text.clusters}
        <span className="quiet">{text.number(clusters.length)}</span>
      </button>
      {isOpen && <Clusters clusters={clusters} />}
    </nav>
  );
}

function Clusters({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const context = useActionContext();
  const focused = useGalaxy((state) => state.focusedCluster);
  const list = useRef<HTMLUListElement>(null);
  useInset("left", list, 20);

  const go = (cluster: Cluster): void => {
    flyToCluster(context, cluster.index);
    // On a phone the sheet would lie over what one has just flown to.
    if (window.matchMedia(NARROW).matches) context.store.setState({ clustersOpen: false });
  };
  const move = (event: React.KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  const preview = (index: number | null) => () => {
    previewCluster(context, index);
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrow keys move between the buttons inside
    <ul ref={list} className="clusters-list glass" onKeyDown={move}>
      {[...clusters]
        .sort((a, b) => b.n_images - a.n_images)
        .map((cluster) => (
          <li key={cluster.uuid}>
            <button
              type="button"
              className="cluster-row"
              aria-current={focused === cluster.index}
              onClick={() => {
                go(cluster);
              }}
              onPointerEnter={preview(cluster.index)}
              onPointerLeave={preview(null)}
              onFocus={preview(cluster.index)}
              onBlur={preview(null)}
            >
              <Chip colour={cluster.colour} />
              <span className="cluster-name">{cluster.name}</span>
              <span className="quiet number">{text.number(cluster.n_images)}</span>
            </button>
          </li>
        ))}
    </ul>
  );
}
