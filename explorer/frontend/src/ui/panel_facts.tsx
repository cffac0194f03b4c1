import type { Details } from "../api/wire";
import { text } from "../text/en";

/** What was detected in a picture, and whose it is. */
export function PanelFacts({ details }: { readonly details: Details }) {
  return (
    <div className="facts">
      <Labels labels={details.labels} />
      {details.colours.length > 0 && <Colours colours={details.colours} />}
      <Rights details={details} />
    </div>
  );
}

function Labels({ labels }: Pick<Details, "labels">) {
  const sorted = [...labels].sort((a, b) => b.score - a.score);
  return (
    <section>
      <h3>{text.labels}</h3>
      {sorted.length === 0 && <p className="quiet">{text.noLabels}</p>}
      <ul className="labels">
        {sorted.map((label) => {
          const source = text.sources[label.source] ?? label.source;
          return (
            <li key={`${label.term} ${label.source}`} className="label">
              <span className="label-term">{label.term}</span>
              <span className="label-source quiet">{source}</span>
              <span className="label-score number">{text.percent(label.score)}</span>
              <span className="bar" aria-hidden="true">
                <span style={{ width: `${(100 * Math.min(1, label.score)).toFixed(1)}%` }} />
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Colours({ colours }: Pick<Details, "colours">) {
  return (
    <section>
      <h3>{text.colours}</h3>
      <ul className="colours">
        {colours.map((one) => (
          <li key={one.colour} style={{ backgroundColor: one.colour, flexGrow: Math.max(0.03, one.pixel_fraction) }} title={text.colour(one.colour, one.pixel_fraction)}>
            <span className="unseen">{text.colour(one.colour, one.pixel_fraction)}</span>
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
  const { creator, credit, licence, source_url: source } = details;
  return (
    <section>
      <h3>{text.rights}</h3>
      <dl className="rights">
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
      <dd>{children}</dd>
    </div>
  );
}
