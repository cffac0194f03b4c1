import { useState } from "react";
import { renditionUrl } from "../api/renditions";
import type { Details } from "../api/wire";
import { text } from "../text/en";
import { useActionContext, useGalaxy } from "./hooks";
import { marksOf } from "./marks";
import { PanelBoxes } from "./panel_boxes";

interface Props {
  readonly uuid: string;
  readonly title: string;
  readonly details: Details | null;
}

/** The picture: the small rendition at once, the large one over it when it has come; and on it what was found. */
export function PanelPicture({ uuid, title, details }: Props) {
  const { config } = useActionContext();
  const boxesShown = useGalaxy((state) => state.boxesShown);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [hasSmall, setHasSmall] = useState(true);
  const [attempt, setAttempt] = useState(0);
  const marks = details === null || state === "failed" ? [] : marksOf(details);
  return (
    // With boxes on it, it stays in sight while their rows are read.
    <figure className={marks.length > 0 && boxesShown ? "picture picture-marked" : "picture"}>
      <div className="picture-frame">
        {hasSmall && (
          <img
            className="picture-small"
            src={renditionUrl(config.rendition_url, uuid, "small")}
            alt=""
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
            onLoad={() => {
              setState("ready");
            }}
            onError={() => {
              setState("failed");
            }}
          />
        )}
        {state === "failed" && (
          <figcaption className="picture-failed" role="alert">
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
          </figcaption>
        )}
        {marks.length > 0 && <PanelBoxes marks={marks} faces={details?.faces ?? []} />}
      </div>
    </figure>
  );
}
