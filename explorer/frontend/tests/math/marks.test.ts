import { describe, expect, it } from "vitest";
import { headLines } from "../../src/math/head";
import { layMarks, markId, neighbourMark } from "../../src/math/marks";

const found = (number: number, box?: readonly [number, number, number, number]) => ({ id: markId("objects", number), kind: "objects" as const, name: `thing ${number}`, box });

describe("marks on a picture", () => {
  const marks = layMarks([found(0, [0, 0, 0.2, 0.2]), found(1), found(2, [0, 0, 1, 1]), found(3, [0, 0, 0.5, 0.5])]);

  it("keep their order and leave out what has no place", () => {
    expect(marks.map((mark) => mark.id)).toEqual(["objects-0", "objects-2", "objects-3"]);
  });

  it("lie with the small ones above the large ones", () => {
    expect(marks.map((mark) => mark.layer)).toEqual([2, 0, 1]);
  });

  it("lead from one to the next, round and round", () => {
    expect(neighbourMark(marks, "objects-3", 1)?.id).toBe("objects-0");
    expect(neighbourMark(marks, "objects-0", -1)?.id).toBe("objects-3");
    expect(neighbourMark([], "objects-0", 1)).toBeUndefined();
  });
});

describe("the drawn head", () => {
  it("looks straight out of the picture without a turn", () => {
    const { meridian, equator, nose } = headLines(0, 0);
    expect(nose.map(Math.abs)).toEqual([0, 0]);
    expect(meridian).toBe("M0 -1A0.000 1 0 0 0 0 1");
    expect(equator).toBe("M-1 0A1 0.000 0 0 0 1 0");
  });

  it("points its nose where the face is turned: to the right of the picture, and up", () => {
    const { meridian, equator, nose } = headLines(30, 20);
    expect(nose[0]).toBeCloseTo(0.5 * Math.cos(Math.PI / 9));
    expect(nose[1]).toBeCloseTo(-0.342, 3);
    expect(meridian).toBe("M0 -1A0.500 1 0 0 1 0 1");
    expect(equator).toBe("M-1 0A1 0.342 0 0 1 1 0");
    expect(headLines(-30, 0).nose[0]).toBeCloseTo(-0.5);
  });
});
