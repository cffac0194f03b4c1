import type { Cluster, TellingLabel, Details } from "../api/wire";
import { text } from "../text";

/** What pulled a picture to its place, and what sets the cluster there apart. Nothing where neither is published. */
export function Why({ details, cluster }: { readonly details: Details; readonly cluster: Cluster | undefined }) {
  const { why = [], why_visual: visual = 0 } = details;
  const labels = cluster?.labels ?? [];
  if (cluster === undefined || (why.length === 0 && visual === 0 && labels.length === 0)) return null;
  return (
    <section className="why">
      <details open>
        <summary>
          <h3>{text.why}</h3>
        </summary>
        {why.length > 0 && <p>{text.placedFor(cluster.name, why)}</p>}
        {why.length === 0 && visual > 0 && <p>{text.placedByLook(cluster.name)}</p>}
        <ul className="why-bars" aria-hidden="true">
          {why.map(({ term, share }) => <Bar key={term} name={term} share={share} />)}
          {visual > 0 && <Bar name={text.look} share={visual} />}
        </ul>
        {why.length > 0 && visual > 0 && <p className="quiet small">{text.placedAlsoByLook(visual)}</p>}
        {labels.length > 0 && <Apart name={cluster.name} labels={labels} />}
      </details>
    </section>
  );
}

function Bar({ name, share }: { readonly name: string; readonly share: number }) {
  return (
    <li>
      <span dir="auto">{name}</span>
      <span className="number">{text.percent(share)}</span>
      <span className="bar">
        <span style={{ width: `${(100 * Math.min(1, share)).toFixed(1)}%` }} />
      </span>
    </li>
  );
}

/** The telling labels of a cluster: the most telling in a sentence, the others folded away. */
function Apart({ name, labels }: { readonly name: string; readonly labels: readonly TellingLabel[] }) {
  const [first, ...others] = labels as readonly [TellingLabel, ...TellingLabel[]];
  return (
    <>
      <p className="why-apart">{text.setsApart(name, first.term, first.share, first.share_elsewhere)}</p>
      {others.length > 0 && (
        <details>
          <summary className="quiet small">{text.moreSetsApart(others.length)}</summary>
          <ul className="why-labels small">
            {others.map(({ term, share, share_elsewhere: elsewhere }) => (
              <li key={term}>
                <span dir="auto">{term}</span> <span className="quiet number">{text.hereAndElsewhere(share, elsewhere)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
