import type { Facts } from "../api/wire";
import { layMarks, markId, type Mark } from "../math/marks";
import { text } from "../text/en";
import { useActionContext } from "./hooks";

/** All that has a place on the picture, in the order of the rows. */
export function marksOf(facts: Facts): Mark[] {
  const { objects = [], faces = [], landmarks = [], logos = [] } = facts;
  return layMarks([
    ...objects.map((one, i) => ({ id: markId("objects", i), kind: "objects" as const, name: one.name, box: one.box })),
    ...faces.map((one, i) => ({ id: markId("faces", i), kind: "faces" as const, name: text.face(i + 1), box: one.box })),
    ...(facts.text?.lines ?? []).map((one, i) => ({ id: markId("text", i), kind: "text" as const, name: one.text, box: one.box })),
    ...landmarks.map((one, i) => ({ id: markId("landmarks", i), kind: "landmarks" as const, name: one.name, box: one.box })),
    ...logos.map((one, i) => ({ id: markId("logos", i), kind: "logos" as const, name: one.name, box: one.box })),
  ]);
}

/** Lights a mark and its row while either is pointed at or has the focus: handlers for both. */
export function useLighting(id: string) {
  const { store } = useActionContext();
  const light = (): void => {
    store.setState({ litMark: id });
  };
  const dim = (): void => {
    // What has the focus stays lit when the pointer has gone.
    const focused = document.activeElement?.closest<HTMLElement>("[data-mark]")?.dataset.mark;
    store.setState({ litMark: focused ?? null });
  };
  return {
    pointer: { onPointerEnter: light, onPointerLeave: dim },
    focus: {
      onFocus: light,
      onBlur: () => {
        store.setState({ litMark: null });
      },
    },
  };
}

/** Moves the focus to a mark on the picture, or to its row. */
export function focusMark(from: Element, id: string, where: "picture" | "row"): void {
  const place = where === "picture" ? ".box" : ":not(.box)";
  from.closest(".viewer, .panel")?.querySelector<HTMLElement>(`${place}[data-mark="${id}"]`)?.focus();
}
