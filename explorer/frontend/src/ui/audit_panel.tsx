import { useEffect, useId, useRef, useState } from "react";
import { askAbout, backToChoice, chooseCluster, chooseLit, confirmDeed, endAudit, litByOthers, setDrawing, undoDeed } from "../actions/audit";
import { renditionUrl } from "../api/renditions";
import type { Audit, Deed } from "../store/audit_state";
import { text } from "../text";
import { useActionContext, useGalaxy, useInset } from "./hooks";
import { Icon } from "./icons";

const N_SAMPLES = 12;
const KINDS = ["reject", "accept", "add", "hide"] as const;

/** Where pictures that one has gathered in the galaxy are corrected together. A card at the side; a sheet from the bottom on a phone. */
export function AuditPanel() {
  const context = useActionContext();
  const audit = useGalaxy((state) => state.audit);
  const element = useRef<HTMLElement>(null);
  useInset("right", element, 16);
  if (audit === null) return null;
  return (
    <aside ref={element} className="panel audit glass" aria-label={text.audit.title}>
      <div className="panel-head">
        <h2 className="audit-title">{text.audit.title}</h2>
        <button type="button" className="tool" aria-label={text.close} title="Esc" onClick={() => { endAudit(context); }}>
          <Icon name="close" />
        </button>
      </div>
      <div className="panel-body">
        <Choice audit={audit} />
        <Samples points={audit.points} />
        {audit.points.length > 0 && <Told audit={audit} />}
      </div>
    </aside>
  );
}

/** The ways to say which pictures are meant: a line around them, a cluster, or what is lit. */
function Choice({ audit }: { readonly audit: Audit }) {
  const context = useActionContext();
  const isSpace = useGalaxy((state) => state.view === "space");
  const focused = useGalaxy((state) => state.galaxy?.manifest.clusters.find((one) => one.index === state.focusedCluster)?.name ?? null);
  const isAnyLit = useGalaxy((state) => litByOthers(state) !== null);
  return (
    <>
      {isSpace && audit.isDrawing && <p className="quiet">{text.audit.howTo}</p>}
      <div className="audit-ways">
        {isSpace && (
          <button type="button" className="button" aria-pressed={audit.isDrawing} onClick={() => { setDrawing(context, !audit.isDrawing); }}>
            {audit.isDrawing ? text.audit.turn : text.audit.draw}
          </button>
        )}
        {focused !== null && <button type="button" className="button" onClick={() => { chooseCluster(context); }}>{text.audit.cluster(focused)}</button>}
        {isAnyLit && <button type="button" className="button" onClick={() => { chooseLit(context); }}>{text.audit.lit}</button>}
      </div>
      <p className="audit-count number" role="status">{text.audit.chosen(audit.points.length)}</p>
    </>
  );
}

/** Some of what is chosen, spread over all of it: one sees whether it is what was meant. */
function Samples({ points }: { readonly points: readonly number[] }) {
  const { config } = useActionContext();
  const galaxy = useGalaxy((state) => state.galaxy);
  const [uuids, setUuids] = useState<readonly string[]>([]);
  useEffect(() => {
    let isCurrent = true;
    const step = Math.max(1, points.length / N_SAMPLES);
    const some = Array.from({ length: Math.min(N_SAMPLES, points.length) }, (_, k) => points[Math.floor(k * step)]!);
    Promise.all(some.map(async (index) => (await galaxy?.uuidOf(index)) ?? [])).then(
      (found) => { if (isCurrent) setUuids(found.flat()); },
      () => { if (isCurrent) setUuids([]); },
    );
    return () => { isCurrent = false; };
  }, [galaxy, points]);
  if (points.length === 0) return null;
  return (
    <div className="audit-samples" aria-hidden="true">
      {uuids.map((uuid) => <img key={uuid} src={renditionUrl(config.rendition_url, uuid, "small")} alt="" loading="lazy" />)}
    </div>
  );
}

/** What is to be said of them, how many that would be, and how it went. */
function Told({ audit }: { readonly audit: Audit }) {
  const context = useActionContext();
  const { phase } = audit;
  if (phase.status === "asking") {
    return (
      <div role="alertdialog" aria-label={text.audit.preview}>
        <p>{text.audit.ask[phase.deed.kind](phase.deed.term, phase.nImages)}</p>
        <div className="audit-ways">
          <button type="button" className="button button-main" disabled={phase.nImages === 0} onClick={() => { void confirmDeed(context); }}>{text.audit.confirm}</button>
          <button type="button" className="button" onClick={() => { backToChoice(context); }}>{text.audit.back}</button>
        </div>
      </div>
    );
  }
  if (phase.status === "done") {
    return (
      <>
        <p role="status">{phase.isUndone ? text.audit.undone : text.audit.done(phase.nImages)}</p>
        <div className="audit-ways">
          {!phase.isUndone && <button type="button" className="button" onClick={() => { void undoDeed(context); }}>{text.audit.undo}</button>}
          <button type="button" className="button" onClick={() => { backToChoice(context); }}>{text.audit.back}</button>
        </div>
      </>
    );
  }
  return (
    <>
      <DeedForm isBusy={phase.status === "working"} />
      {phase.status === "working" && <p role="status">{text.audit.working}</p>}
      {phase.status === "failed" && <p role="alert">{phase.message}</p>}
    </>
  );
}

function DeedForm({ isBusy }: { readonly isBusy: boolean }) {
  const context = useActionContext();
  const id = useId();
  const [deed, setDeed] = useState<Deed>({ kind: "reject", term: "", reason: "" });
  const needsTerm = deed.kind !== "hide";
  const isReady = !isBusy && (!needsTerm || deed.term.trim() !== "");
  return (
    <form
      className="audit-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) void askAbout(context, { ...deed, term: needsTerm ? deed.term.trim() : "" });
      }}
    >
      <label htmlFor={`${id}-kind`}>{text.audit.what}</label>
      <select id={`${id}-kind`} value={deed.kind} onChange={({ target }) => { setDeed({ ...deed, kind: target.value as Deed["kind"] }); }}>
        {KINDS.map((kind) => <option key={kind} value={kind}>{text.audit.deeds[kind]}</option>)}
      </select>
      {needsTerm && (
        <>
          <label htmlFor={`${id}-term`}>{text.audit.term}</label>
          <input id={`${id}-term`} type="text" maxLength={200} autoComplete="off" value={deed.term} onChange={({ target }) => { setDeed({ ...deed, term: target.value }); }} />
        </>
      )}
      <label htmlFor={`${id}-reason`}>{text.audit.reason}</label>
      <input id={`${id}-reason`} type="text" maxLength={500} autoComplete="off" value={deed.reason} onChange={({ target }) => { setDeed({ ...deed, reason: target.value }); }} />
      <button type="submit" className="button button-main" disabled={!isReady}>{text.audit.preview}</button>
    </form>
  );
}
