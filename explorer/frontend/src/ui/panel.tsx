import { useEffect, useRef, useState } from "react";
import { close } from "../actions/close";
import { flyToCluster } from "../actions/fly_to_cluster";
import { nameOf } from "../actions/naming";
import { retryDetails } from "../actions/select_image";
import { step } from "../actions/step";
import { aspectRatio } from "../math/quantise";
import { text } from "../text";
import { Chip } from "./chip";
import { BoxesToggle } from "./boxes_toggle";
import { useActionContext, useGalaxy, useInset, useNarrow } from "./hooks";
import { Icon } from "./icons";
import { marksOf } from "./marks";
import { PanelDocument } from "./panel_document";
import { PanelFacts } from "./panel_facts";
import { PanelFoot } from "./panel_foot";
import { PanelPicture } from "./panel_picture";
import { PictureStrip } from "./strip";
import { Viewer } from "./viewer";

/** All about the selected picture. A card at the side; a sheet from the bottom on a phone. */
export function Panel() {
  const context = useActionContext();
  const selection = useGalaxy((state) => state.selection);
  const state = useGalaxy((state) => state.details);
  const aspect = useGalaxy((state) => state.galaxy?.points.aspect[state.selection?.index ?? -1] ?? 128);
  const element = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const uuid = selection?.uuid;
  const isNarrow = useNarrow();
  useInset("right", element, 16);
  useListFocus(element);
  // Another picture is read from its beginning; the strip inside stays, so the body cannot just be made anew.
  useEffect(() => { if (body.current !== null) body.current.scrollTop = 0; }, [uuid]);
  if (selection === null) return null;
  const details = state?.status === "ready" && state.details.uuid === selection.uuid ? state.details : null;
  // The artifact's byte is right to 2 %; the details know exactly.
  const ratio = details === null ? aspectRatio(aspect) : details.width / details.height;
  const title = details === null ? "" : nameOf(details);
  return (
    <aside ref={element} className="panel glass" aria-label={title || text.tabs.picture} tabIndex={-1} data-uuid={selection.uuid}>
      <div className="panel-head">
        <ClusterButton index={selection.index} />
        <StepButtons />
        <button
          type="button"
          className="tool"
          aria-label={text.closePicture}
          title="Esc"
          onClick={() => {
            close.perform(context);
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      <div ref={body} className="panel-body" style={{ "--ratio": ratio }}>
        <PanelPicture key={selection.uuid} uuid={selection.uuid} title={title} details={details} />
        {details !== null && <h2 className="panel-title" dir="auto">{title}</h2>}
        {isNarrow && <PictureStrip />}
        {details !== null && (
          <>
            {details.description !== "" && <p className="panel-description" dir="auto">{details.description}</p>}
            <Tabs
              key={selection.uuid}
              facts={<PanelFacts details={details} />}
              document={<PanelDocument document={details.document} />}
              hasBoxes={marksOf(details).length > 0}
            />
          </>
        )}
        {state?.status === "loading" && <p className="quiet" role="status">{text.detailsLoading}</p>}
        {state?.status === "failed" && (
          <div role="alert">
            <p>{text.detailsFailed}</p>
            <button
              type="button"
              className="button"
              onClick={() => {
                retryDetails(context);
              }}
            >
              {text.retry}
            </button>
          </div>
        )}
      </div>
      {!isNarrow && <PictureStrip />}
      <PanelFoot uuid={selection.uuid} />
      <Viewer uuid={selection.uuid} title={title} details={details} ratio={ratio} />
    </aside>
  );
}

/** In the list the panel takes the focus, and gives it back; in space the focus stays with the galaxy, which is flown by keys. */
function useListFocus(element: React.RefObject<HTMLElement | null>): void {
  const isList = useGalaxy((state) => state.view === "list");
  useEffect(() => {
    if (!isList) return undefined;
    const before = document.activeElement;
    element.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [isList, element]);
}

function ClusterButton({ index }: { readonly index: number }) {
  const context = useActionContext();
  const galaxy = useGalaxy((state) => state.galaxy);
  const canFly = useGalaxy((state) => state.view === "space");
  const cluster = galaxy?.manifest.clusters.find((one) => one.index === galaxy.points.cluster[index]);
  if (cluster === undefined) return <span className="panel-cluster" />;
  const content = (
    <>
      <Chip colour={cluster.colour} />
      <span className="cluster-name">{cluster.name}</span>
      <span className="quiet number">{text.number(cluster.n_images)}</span>
    </>
  );
  if (!canFly) return <span className="panel-cluster">{content}</span>;
  return (
    <button
      type="button"
      className="panel-cluster"
      title={text.flyToCluster(cluster.name)}
      onClick={() => {
        flyToCluster(context, cluster.index);
      }}
    >
      {content}
    </button>
  );
}

function StepButtons() {
  const context = useActionContext();
  return (
    <>
      <button type="button" className="tool" aria-label={text.previousPicture} title="[" onClick={() => { step(context, -1); }}>
        <Icon name="back" />
      </button>
      <button type="button" className="tool" aria-label={text.nextPicture} title="]" onClick={() => { step(context, 1); }}>
        <Icon name="forward" />
      </button>
    </>
  );
}

interface TabsProps {
  readonly facts: React.ReactNode;
  readonly document: React.ReactNode;
  readonly hasBoxes: boolean;
}

function Tabs({ facts, document, hasBoxes }: TabsProps) {
  const [open, setOpen] = useState<"picture" | "document">("picture");
  const names = ["picture", "document"] as const;
  const list = useRef<HTMLDivElement>(null);
  const move = (event: React.KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    const next = open === "picture" ? "document" : "picture";
    setOpen(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <>
      <div className="tabs">
        <div ref={list} className="tab-list" role="tablist">
          {names.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={open === name}
              aria-controls="tab-content"
              tabIndex={open === name ? 0 : -1}
              onKeyDown={move}
              onClick={() => {
                setOpen(name);
              }}
            >
              {text.tabs[name]}
            </button>
          ))}
        </div>
        {hasBoxes && <BoxesToggle />}
      </div>
      <div id="tab-content" role="tabpanel" aria-labelledby={`tab-${open}`}>
        {open === "picture" ? facts : document}
      </div>
    </>
  );
}
