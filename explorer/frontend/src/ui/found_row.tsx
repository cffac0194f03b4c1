import type { MarkKind } from "../math/marks";
import { markId } from "../math/marks";
import { text } from "../text";
import { useGalaxy } from "./hooks";
import { focusMark, useLighting } from "./marks";

interface Props {
  readonly kind: MarkKind;
  /** Its place among its kind. */
  readonly number: number;
  readonly name: string;
  readonly hasBox: boolean;
  readonly children: React.ReactNode;
}

/** A row of something that was found. Its dot, in the colour of its box, is the way to the picture. */
export function FoundRow({ kind, number, name, hasBox, children }: Props) {
  const id = markId(kind, number);
  const isLit = useGalaxy((state) => state.litMark === id);
  const { pointer, focus } = useLighting(id);
  if (!hasBox) {
    return (
      <li className={`found found-${kind}`}>
        <span className="dot-none" />
        <div className="found-content">{children}</div>
      </li>
    );
  }
  return (
    <li className={isLit ? `found found-${kind} found-lit` : `found found-${kind}`} {...pointer}>
      <button
        type="button"
        className={`dot dot-${kind}`}
        data-mark={id}
        aria-label={text.showOnPicture(name)}
        onClick={(event) => {
          focusMark(event.currentTarget, id, "picture");
        }}
        {...focus}
      />
      <div className="found-content">{children}</div>
    </li>
  );
}
