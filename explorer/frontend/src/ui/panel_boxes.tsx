import type { Box, Face } from "../api/wire";
import { markId, neighbourMark, type Mark } from "../math/marks";
import { text } from "../text/en";
import { useGalaxy } from "./hooks";
import { focusMark, useLighting } from "./marks";

const share = (value: number): string => `${(100 * value).toFixed(3)}%`;

interface BoxesProps {
  readonly marks: readonly Mark[];
  readonly faces: readonly Face[];
  readonly onBoxFocus?: (box: Box) => void;
}

/** What lies on the picture: a box for each mark, and the points of faces. One stop for Tab; arrow keys go from box to box. */
export function PanelBoxes({ marks, faces, onBoxFocus }: BoxesProps) {
  const isShown = useGalaxy((state) => state.boxesShown);
  const lit = useGalaxy((state) => state.litMark);
  // Hidden boxes still come one at a time, for the row that is pointed at.
  const shown = isShown ? marks : marks.filter((mark) => mark.id === lit);
  const stop = shown.find((mark) => mark.id === lit) ?? shown[0];
  const isDimmed = isShown && marks.some((mark) => mark.id === lit);
  return (
    <div className={isDimmed ? "boxes boxes-dimmed" : "boxes"} role="group" aria-label={text.boxesOnPicture}>
      {shown.map((mark) => (
        <MarkBox key={mark.id} mark={mark} marks={shown} isLit={mark.id === lit} isStop={mark === stop} onFocus={() => onBoxFocus?.(mark.box)} />
      ))}
      {isShown && faces.flatMap((face, i) => face.landmarks.map(([x, y], j) => (
        <span key={`${i} ${j}`} className={lit === markId("faces", i) ? "face-point face-point-lit" : "face-point"} style={{ left: share(x), top: share(y) }} />
      )))}
    </div>
  );
}

interface BoxProps {
  readonly mark: Mark;
  readonly marks: readonly Mark[];
  readonly isLit: boolean;
  readonly isStop: boolean;
  readonly onFocus: () => void;
}

function MarkBox({ mark, marks, isLit, isStop, onFocus }: BoxProps) {
  const { pointer, focus } = useLighting(mark.id);
  const [left, top, width, height] = mark.box;
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] as 1 | -1 | undefined;
    if (step === undefined) return;
    event.preventDefault();
    const next = neighbourMark(marks, mark.id, step);
    if (next !== undefined) focusMark(event.currentTarget, next.id, "picture");
  };
  const growsLeft = left + width / 2 > 0.5;
  const place = [growsLeft ? "box-tag-left" : "", top < 0.14 ? "box-tag-inside" : ""].join(" ");
  return (
    <button
      type="button"
      className={`box box-${mark.kind}${isLit ? " box-lit" : ""}`}
      data-mark={mark.id}
      aria-label={mark.name}
      tabIndex={isStop ? 0 : -1}
      style={{ left: share(left), top: share(top), width: share(width), height: share(height), zIndex: mark.layer + 1 }}
      onClick={(event) => {
        focusMark(event.currentTarget, mark.id, "row");
      }}
      onKeyDown={onKeyDown}
      {...pointer}
      onBlur={focus.onBlur}
      onFocus={() => {
        focus.onFocus();
        onFocus();
      }}
    >
      {isLit && <span className={`box-tag ${place}`} style={{ maxWidth: `min(13rem, ${(100 * (growsLeft ? left + width : 1 - left)).toFixed(1)}cqw)` }}>{mark.name}</span>}
    </button>
  );
}
