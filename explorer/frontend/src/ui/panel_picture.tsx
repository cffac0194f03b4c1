import { toggleViewer } from "../actions/toggle_viewer";
import type { Details } from "../api/wire";
import { text } from "../text/en";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";
import { marksOf } from "./marks";
import { Picture } from "./picture";

interface Props {
  readonly uuid: string;
  readonly title: string;
  readonly details: Details | null;
}

/** The picture in the panel. All of it is a button that opens the viewer, but for what lies on it. */
export function PanelPicture({ uuid, title, details }: Props) {
  const context = useActionContext();
  const boxesShown = useGalaxy((state) => state.boxesShown);
  const isMarked = boxesShown && details !== null && marksOf(details).length > 0;
  return (
    // With boxes on it, it stays in sight while their rows are read.
    <figure className={isMarked ? "picture picture-marked" : "picture"}>
      <Picture uuid={uuid} title={title} details={details}>
        <button
          type="button"
          className="picture-zoom"
          aria-label={text.zoomPicture}
          title={`${text.zoomPicture} (Z)`}
          onClick={() => {
            toggleViewer.perform(context);
          }}
        >
          <span className="picture-zoom-icon">
            <Icon name="zoom" />
          </span>
        </button>
      </Picture>
    </figure>
  );
}
