import { useState } from "react";
import type { Details, DominantColour, Label } from "../api/wire";
import { text } from "../text/en";
import { Chip } from "./chip";
import { useGalaxy } from "./hooks";
import { Faces, Landmarks, Missing, SafeSearch, TextInPicture, Things, Web } from "./panel_found";
import { Why } from "./panel_why";

/** Labels shown before a visitor asks for all. */
const FIRST_LABELS = 12;

/** What was detected in a picture, and whose it is. */
export function PanelFacts({ details }: { readonly details: Details }) {
  const cluster = useGalaxy((state) => state.galaxy?.manifest.clusters.find((one) => one.index === details.cluster));
  return (
    <div className="facts">
      <Why details={details} cluster={cluster} />
      {details.labels !== undefined && <Labels labels={details.labels} />}
      <Things title={text.objects} kind="objects" things={details.objects} />
      <Faces faces={details.faces} />
      <TextInPicture found={details.text} />
      <Landmarks landmarks={details.landmarks} />
      <Things title={text.logos} kind="logos" things={details.logos} />
      {details.colours !== undefined && details.colours.length > 0 && <Colours colours={details.colours} />}
      <SafeSearch likelihoods={details.safe_search} />
      <Web web={details.web} />
      <Missing details={details} />
      <Rights details={details} />
    </div>
  );
}

function Labels({ labels }: { readonly labels: readonly Label[] }) {
  const [isWhole, setWhole] = useState(false);
  const sorted = [...labels].sort((a, b) => b.score - a.score);
  const n_folded = sorted.length - FIRST_LABELS;
  return (
    <section>
      <h3>{text.labels}</h3>
      {sorted.length === 0 && <p className="quiet">{text.noLabels}</p>}
      <ul className="labels">
        {(isWhole || n_folded <= 0 ? sorted : sorted.slice(0, FIRST_LABELS)).map((label) => {
          const source = text.sources[label.source] ?? label.source;
          return (
            <li key={`${label.term} ${label.source}`} className="label">
              <span className="label-term" dir="auto">{label.term}</span>
              <span className="label-source quiet">{source}</span>
              <span className="label-score number">{text.percent(label.score)}</span>
              <span className="bar" aria-hidden="true">
                <span style={{ width: `${(100 * Math.min(1, label.score)).toFixed(1)}%` }} />
              </span>
            </li>
          );
        })}
      </ul>
      {n_folded > 0 && (
        <button type="button" className="copy labels-more" aria-expanded={isWhole} onClick={() => { setWhole(!isWhole); }}>
          {isWhole ? text.fewerLabels : text.more(n_folded)}
        </button>
      )}
    </section>
  );
}

function Colours({ colours }: { readonly colours: readonly DominantColour[] }) {
  return (
    <section>
      <h3>{text.colours}</h3>
      <div className="colours" aria-hidden="true">
        {colours.map((one) => (
          <span key={one.colour} style={{ backgroundColor: one.colour, flexGrow: Math.max(0.03, one.pixel_fraction) }} title={text.colour(one.colour, one.pixel_fraction)} />
        ))}
      </div>
      <ul className="fractions">
        {colours.map((one) => (
          <li key={one.colour}>
            <Chip colour={one.colour} />
            <span className="quiet">{one.colour}</span>
            <span className="number">{text.percent(one.pixel_fraction)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Only http addresses become links: the text comes from wherever the picture came from. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

function Rights({ details }: { readonly details: Details }) {
  const { creator, credit, licence, source_url: source, taken_at = "", place = "" } = details;
  return (
    <section>
      <h3>{text.rights}</h3>
      <dl className="rights">
        {taken_at !== "" && <Row name={text.takenAt}>{text.date(taken_at)}</Row>}
        {place !== "" && <Row name={text.place}>{place}</Row>}
        {creator !== "" && <Row name={text.creator}>{creator}</Row>}
        {credit !== "" && credit !== creator && <Row name={text.credit}>{credit}</Row>}
        {licence !== "" && <Row name={text.licence}>{licence}</Row>}
        {source !== "" && (
          <Row name={text.source}>
            {isWebAddress(source) ? <a href={source} target="_blank" rel="noreferrer">{source.replace(/^https?:\/\//i, "")}</a> : source}
          </Row>
        )}
        <Row name={text.dimensions}>{text.size(details.width, details.height)}</Row>
      </dl>
    </section>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}
