import { useEffect, useRef } from "react";
import { toggleViewer } from "../actions/toggle_viewer";
import type { Details } from "../api/wire";
import type { Mark } from "../math/marks";
import { text } from "../text";
import { BoxesToggle } from "./boxes_toggle";
import { useActionContext, useGalaxy, useModal } from "./hooks";
import { Icon } from "./icons";
import { focusMark, marksOf, useLighting } from "./marks";
import { Picture } from "./picture";
import { useViewerInput } from "./viewer_input";

interface Props {
  readonly uuid: string;
  readonly title: string;
  readonly details: Details | null;
  /** Width of the picture for 1 high. */
  readonly ratio: number;
}

/** The picture over the whole window, to be looked at closely. A real dialog: the browser keeps the focus in it and gives it back. */
export function Viewer(props: Props) {
  const { store } = useActionContext();
  const isOpen = useGalaxy((state) => state.viewerOpen);
  const dialog = useModal(isOpen);
  // The panel may go with the viewer open: by the browser's back button.
  useEffect(() => () => { store.setState({ viewerOpen: false }); }, [store]);
  return (
    <dialog
      ref={dialog}
      className="viewer"
      aria-label={text.viewerOf(props.title)}
      tabIndex={-1}
      onClose={() => {
        store.setState({ viewerOpen: false });
      }}
    >
      {isOpen && <Content key={props.uuid} dialog={dialog} {...props} />}
    </dialog>
  );
}

function Content({ dialog, uuid, title, details, ratio }: Props & { readonly dialog: React.RefObject<HTMLDialogElement | null> }) {
  const context = useActionContext();
  const stage = useRef<HTMLDivElement>(null);
  const { zoom, frame, isEased, zoomBy, showWhole, showBox } = useViewerInput(dialog, stage, ratio);
  const marks = details === null ? [] : marksOf(details);
  const [width, height] = frame.picture;
  return (
    <>
      <div className="viewer-head">
        <h2 dir="auto">{title}</h2>
        {marks.length > 0 && <BoxesToggle />}
        <div className="viewer-zoom" role="group" aria-label={text.zoomPicture}>
          <button type="button" className="tool" aria-label={text.farther} title="−" onClick={() => { zoomBy(1 / 1.4); }}>
            <Icon name="minus" />
          </button>
          <button type="button" className="tool number" title={`${text.wholePicture} (0)`} onClick={showWhole}>
            <span className="unseen">{text.wholePicture}, </span>
            {text.percent(zoom.scale)}
          </button>
          <button type="button" className="tool" aria-label={text.nearer} title="+" onClick={() => { zoomBy(1.4); }}>
            <Icon name="plus" />
          </button>
        </div>
        <button type="button" className="tool" aria-label={text.closeViewer} title="Esc" onClick={() => { toggleViewer.perform(context); }}>
          <Icon name="close" />
        </button>
      </div>
      <div ref={stage} className={zoom.scale > 1 ? "viewer-stage viewer-near" : "viewer-stage"}>
        <div
          className={isEased ? "viewer-place viewer-eased" : "viewer-place"}
          style={{ width: width * zoom.scale, height: height * zoom.scale, transform: `translate(-50%, -50%) translate(${zoom.x}px, ${zoom.y}px)` }}
        >
          <Picture uuid={uuid} title={title} details={details} onBoxFocus={showBox} />
        </div>
      </div>
      {marks.length > 0 && (
        <ul className="viewer-rows" aria-label={text.boxesRows}>
          {marks.map((mark) => <MarkRow key={mark.id} mark={mark} />)}
        </ul>
      )}
    </>
  );
}

/** The row of something found, as short as can be: its way to the picture. */
function MarkRow({ mark }: { readonly mark: Mark }) {
  const isLit = useGalaxy((state) => state.litMark === mark.id);
  const { pointer, focus } = useLighting(mark.id);
  return (
    <li>
      <button
        type="button"
        className={`viewer-row found-${mark.kind}${isLit ? " found-lit" : ""}`}
        data-mark={mark.id}
        aria-label={text.showOnPicture(mark.name)}
        onClick={(event) => {
          focusMark(event.currentTarget, mark.id, "picture");
        }}
        {...pointer}
        {...focus}
      >
        <span className={`dot dot-${mark.kind}`} />
        <span dir="auto">{mark.name}</span>
      </button>
    </li>
  );
}
