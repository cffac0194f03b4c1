import { useState } from "react";
import { renditionUrl } from "../api/renditions";
import type { Box, Details } from "../api/wire";
import { text } from "../text/en";
import { useActionContext } from "./hooks";
import { marksOf } from "./marks";
import { PanelBoxes } from "./panel_boxes";

interface Props {
  readonly uuid: string;
  readonly title: string;
  readonly details: Details | null;
  /** Called with the box that gets the focus, which may be out of sight. */
  readonly onBoxFocus?: (box: Box) => void;
  readonly children?: React.ReactNode;
}

/** A picture: the small rendition at once, the large one over it when it has come; and on it what was found. */
export function Picture({ uuid, title, details, onBoxFocus, children }: Props) {
  const { config } = useActionContext();
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [hasSmall, setHasSmall] = useState(true);
  const [attempt, setAttempt] = useState(0);
  const marks = details === null || state === "failed" ? [] : marksOf(details);
  return (
    <div className="picture-frame">
      {hasSmall && (
        <img
          className="picture-small"
          src={renditionUrl(config.rendition_url, uuid, "small")}
          alt=""
          draggable={false}
          onError={() => {
            setHasSmall(false);
          }}
        />
      )}
      {state !== "failed" && (
        <img
          key={attempt}
          className={state === "ready" ? "picture-view picture-ready" : "picture-view"}
          src={renditionUrl(config.rendition_url, uuid, "view")}
          alt={title}
          draggable={false}
          onLoad={() => {
            setState("ready");
          }}
          onError={() => {
            setState("failed");
          }}
        />
      )}
      {state === "failed" && (
        <div className="picture-failed" role="alert">
          {text.pictureFailed}
          <button
            type="button"
            className="button"
            onClick={() => {
              setState("loading");
              setHasSmall(true);
              setAttempt(attempt + 1);
            }}
          >
            {text.retry}
          </button>
        </div>
      )}
      {state !== "failed" && children}
      {marks.length > 0 && <PanelBoxes marks={marks} faces={details?.faces ?? []} {...(onBoxFocus === undefined ? {} : { onBoxFocus })} />}
    </div>
  );
}
