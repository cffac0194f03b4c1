import { cutMap } from "../math/map";
import { text } from "../text/en";

interface Props {
  readonly name: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Wide enough for coasts to tell where it is: the outlines are those of a small map. */
const SPAN_DEGREES = 50;
/** The style sheet says the same. */
const ASPECT = 2;
const DETAIL = 14;

/** Where a landmark is: on a map of our own, in numbers, and as a link for those who want streets. Nothing foreign is loaded. */
export function PlaceMap({ name, latitude, longitude }: Props) {
  const { size, offset, mark } = cutMap(latitude, longitude, SPAN_DEGREES, ASPECT);
  const percents = ([x, y]: readonly [number, number]): string => `${x.toFixed(2)}% ${y.toFixed(2)}%`;
  const coordinates = text.coordinates(latitude, longitude);
  return (
    <figure className="place">
      <div
        className="place-map"
        role="img"
        aria-label={text.map(name, coordinates)}
        style={{ backgroundSize: percents(size), backgroundPosition: percents(offset) }}
      >
        <span className="place-mark" style={{ left: `${mark[0].toFixed(2)}%`, top: `${mark[1].toFixed(2)}%` }} />
      </div>
      <figcaption className="small">
        <span className="quiet number">{coordinates}</span>
        <a href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=${DETAIL}/${latitude}/${longitude}`} target="_blank" rel="noreferrer">
          {text.openStreetMap}
        </a>
      </figcaption>
    </figure>
  );
}
