import { useState } from "react";
import { renditionUrl } from "../api/renditions";
import type { Details } from "../api/wire";
import { aspectRatio } from "../math/quantise";
import { text } from "../text/en";
import { useActionContext, useGalaxy } from "./hooks";

interface Props {
  readonly uuid: string;
  readonly index: number;
  readonly title: string;
  readonly details: Details | null;
}

/** The picture: the small rendition at once, the large one over it when it has come. */
export function PanelPicture({ uuid, index, title, details }: Props) {
  const { config } = useActionContext();
  const aspect = useGalaxy((state) => state.galaxy?.points.aspect[index] ?? 128);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [hasSmall, setHasSmall] = useState(true);
  const [attempt, setAttempt] = useState(0);
  // The artifact's byte is right to 2 %; the details know exactly.
  const ratio = details === null ? aspectRatio(aspect) : details.width / details.height;
  return (
    <figure className="picture" style={{ aspectRatio: ratio }}>
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
    </figure>
  );
}
