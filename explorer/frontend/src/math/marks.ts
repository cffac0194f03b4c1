/** Left, top, width, height in shares of the picture. */
type Box = readonly [left: number, top: number, width: number, height: number];

/** Something that lies at a place of the picture and has a row in the panel under the same id. */
export interface Mark {
  readonly id: string;
  readonly kind: MarkKind;
  readonly name: string;
  readonly box: Box;
  /** What lies above what: large marks under small ones, so that each can be pointed at. */
  readonly layer: number;
}

export type MarkKind = "objects" | "faces" | "text" | "landmarks" | "logos";

/** The id that a mark and its row share. */
export function markId(kind: MarkKind, number: number): string {
  return `${kind}-${number}`;
}

/** Marks with their layers, in the order in which they came. Those without a box are left out. */
export function layMarks(found: readonly { readonly id: string; readonly kind: MarkKind; readonly name: string; readonly box: Box | undefined }[]): Mark[] {
  const marks = found.flatMap((one) => (one.box === undefined ? [] : [{ ...one, box: one.box }]));
  const bySize = [...marks].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3]);
  const layers = new Map(bySize.map((mark, layer) => [mark.id, layer]));
  return marks.map((mark) => ({ ...mark, layer: layers.get(mark.id)! }));
}

/** The mark that an arrow key leads to: the next or the one before, round and round. */
export function neighbourMark(marks: readonly Mark[], id: string, step: 1 | -1): Mark | undefined {
  const at = marks.findIndex((mark) => mark.id === id);
  return marks[(at + step + marks.length) % marks.length];
}
