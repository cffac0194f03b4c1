import { useState } from "react";
import type { Details, Face, FactKind, Facts, Found, Landmark } from "../api/wire";
import { text } from "../text/en";
import { FoundRow } from "./found_row";
import { Head } from "./head";
import { PlaceMap } from "./place_map";
import { Scales } from "./scales";

/** Objects or logos: name, score, bar. */
export function Things({ title, kind, things }: { readonly title: string; readonly kind: "objects" | "logos"; readonly things: readonly Found[] | undefined }) {
  if (things === undefined || things.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul className="founds">
        {things.map((thing, i) => (
          <FoundRow key={i} kind={kind} number={i} name={thing.name} hasBox={thing.box !== undefined}>
            <Scored thing={thing} />
          </FoundRow>
        ))}
      </ul>
    </section>
  );
}

function Scored({ thing }: { readonly thing: Found }) {
  return (
    <div className="label">
      <span className="label-term" dir="auto">{thing.name}</span>
      <span className="label-score number">{text.percent(thing.score)}</span>
      <span className="bar" aria-hidden="true">
        <span style={{ width: `${(100 * Math.min(1, thing.score)).toFixed(1)}%` }} />
      </span>
    </div>
  );
}

export function Faces({ faces }: { readonly faces: readonly Face[] | undefined }) {
  if (faces === undefined || faces.length === 0) return null;
  return (
    <section>
      <h3>{text.faces}</h3>
      <ul className="founds">
        {faces.map((face, i) => (
          <FoundRow key={i} kind="faces" number={i} name={text.face(i + 1)} hasBox={face.box !== undefined}>
            <div className="face">
              <Head face={face} />
              <span className="face-name">
                {text.face(i + 1)}
                <span className="quiet small">{text.pose(face.roll, face.pan, face.tilt)}</span>
              </span>
              <span className="label-score number">{text.percent(face.score)}</span>
            </div>
            <Scales likelihoods={face.likelihoods} />
          </FoundRow>
        ))}
      </ul>
    </section>
  );
}

export function Landmarks({ landmarks }: { readonly landmarks: readonly Landmark[] | undefined }) {
  if (landmarks === undefined || landmarks.length === 0) return null;
  return (
    <section>
      <h3>{text.landmarks}</h3>
      <ul className="founds">
        {landmarks.map((landmark, i) => (
          <FoundRow key={i} kind="landmarks" number={i} name={landmark.name} hasBox={landmark.box !== undefined}>
            <Scored thing={landmark} />
            {landmark.places.map((place, j) => (
              <PlaceMap key={j} name={landmark.name} latitude={place.latitude} longitude={place.longitude} />
            ))}
          </FoundRow>
        ))}
      </ul>
    </section>
  );
}

export function TextInPicture({ found }: { readonly found: Facts["text"] }) {
  const [message, setMessage] = useState("");
  if (found === undefined || found.text === "") return null;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(found.text);
      setMessage(text.textCopied);
    } catch {
      // Refused, or a page without HTTPS has no clipboard.
      setMessage(text.textFailed);
    }
  };
  return (
    <section>
      <div className="section-head">
        <h3>{text.textInPicture}</h3>
        <span className="quiet small" role="status">{message}</span>
        <button type="button" className="copy" onClick={() => void copy()}>{text.copyText}</button>
      </div>
      {found.lines.length === 0 && <p className="found-text" dir="auto">{found.text}</p>}
      <ul className="founds founds-text">
        {found.lines.map((line, i) => (
          <FoundRow key={i} kind="text" number={i} name={line.text} hasBox={line.box !== undefined}>
            <span className="found-text" dir="auto">{line.text}</span>
          </FoundRow>
        ))}
      </ul>
    </section>
  );
}

export function SafeSearch({ likelihoods }: { readonly likelihoods: Facts["safe_search"] }) {
  if (likelihoods === undefined || Object.keys(likelihoods).length === 0) return null;
  return (
    <section>
      <h3>{text.safeSearch}</h3>
      <Scales likelihoods={likelihoods} />
    </section>
  );
}

export function Web({ web }: { readonly web: Facts["web"] }) {
  if (web === undefined || isNothing(web)) return null;
  const names = [...new Set([...web.best_guess_labels, ...web.entities.map((entity) => entity.name)])];
  return (
    <section>
      <h3>{text.web}</h3>
      <p>{names.join(", ")}</p>
    </section>
  );
}

const KINDS: readonly FactKind[] = ["objects", "faces", "text", "landmarks", "logos", "colours", "safe_search", "web"];

/** What there is nothing to see of, and why: one quiet line for each reason. */
export function Missing({ details }: { readonly details: Details }) {
  const none = KINDS.filter((kind) => details[kind] !== undefined && isNothing(details[kind]));
  const lines = [
    [none, text.noneFound],
    [details.failed ?? [], text.failed],
    [details.not_looked_for ?? [], text.notLookedFor],
  ] as const;
  const told = lines.filter(([kinds]) => kinds.length > 0);
  if (told.length === 0) return null;
  return (
    <section className="missing quiet small">
      {told.map(([kinds, sentence], i) => <p key={i}>{sentence(kinds.map((kind) => text.kinds[kind]))}</p>)}
    </section>
  );
}

/** Whether a fact is empty at every level: [], {}, or { text: "", lines: [] }. */
function isNothing(fact: unknown): boolean {
  if (typeof fact === "object" && fact !== null) return Object.values(fact).every(isNothing) && (!Array.isArray(fact) || fact.length === 0);
  return fact === "";
}
