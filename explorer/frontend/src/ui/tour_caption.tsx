import { useRef } from "react";
import { moveTour, stopTour } from "../actions/tour";
import { renditionUrl } from "../api/renditions";
import type { Cluster } from "../api/wire";
import type { Tour } from "../store/state";
import { text } from "../text/en";
import { Chip } from "./chip";
import { useActionContext, useGalaxy, useInset } from "./hooks";
import { Icon } from "./icons";

/** Where the tour is: the cluster, what is said about it, some of its pictures. Its buttons do not end the tour as other touches do. */
export function TourCaption() {
  const context = useActionContext();
  const tour = useGalaxy((state) => state.tour);
  const galaxy = useGalaxy((state) => state.galaxy);
  const card = useRef<HTMLElement>(null);
  useInset("bottom", card, 24);
  const cluster = galaxy?.manifest.clusters.find((one) => one.index === tour?.stops[tour.at]);
  return (
    <aside ref={card} className="tour glass" data-tour aria-label={text.tour}>
      {tour !== null && cluster !== undefined && <Stop key={cluster.uuid} tour={tour} cluster={cluster} />}
      <div className="tour-tools">
        <button type="button" className="tool" aria-label={text.tourPrevious} onClick={() => { moveTour(context, -1); }}>
          <Icon name="back" />
        </button>
        <button type="button" className="tool" aria-label={text.tourNext} onClick={() => { moveTour(context, 1); }}>
          <Icon name="forward" />
        </button>
        <button type="button" className="tool" onClick={() => { stopTour(context); }}>{text.tourEnd}</button>
      </div>
    </aside>
  );
}

function Stop({ tour, cluster }: { readonly tour: Tour; readonly cluster: Cluster }) {
  const { config } = useActionContext();
  return (
    <div className="tour-body">
      <p className="quiet small number">{text.tourStop(tour.at + 1, tour.stops.length)}</p>
      <h2><Chip colour={cluster.colour} /> {cluster.name}</h2>
      <p className="quiet">{cluster.description === "" ? text.pictures(cluster.n_images) : cluster.description}</p>
      <div className="tour-pictures">
        {tour.pictures.map((uuid) => <img key={uuid} src={renditionUrl(config.rendition_url, uuid, "small")} alt="" />)}
      </div>
    </div>
  );
}
