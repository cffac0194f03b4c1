import type { Likelihoods } from "../api/wire";
import { text } from "../text";

/** Likelihoods in five steps, from very unlikely to very likely; only those that somebody looked for are there. */
export function Scales({ likelihoods }: { readonly likelihoods: Likelihoods }) {
  return (
    <dl className="scales">
      {Object.entries(likelihoods).map(([name, step]) => (
        <div key={name}>
          <dt>{text.likelihoodOf[name] ?? name}</dt>
          <dd>
            <span className="steps" aria-hidden="true">
              {[1, 2, 3, 4, 5].map((one) => <span key={one} className={one <= step ? "step step-full" : "step"} />)}
            </span>
            <span className="step-word">{text.likelihoods[step]}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
