import { describe, expect, it } from "vitest";
import { formatPlace, parsePlace, type Place } from "../../src/actions/place";
import { uuidOf } from "../support";

const NOWHERE: Place = { image: null, cluster: null, view: null, mode: "space" };

describe("a place in an address", () => {
  it("is read as it was written, numbers rounded to what one sees", () => {
    const place: Place = {
      image: uuidOf(7),
      cluster: uuidOf(9),
      view: { pivot: [1.23456789, -0.000012345678, 0], distance: 12.3456789, yaw: 0.5, pitch: -0.22 },
      mode: "flat",
    };
    const hash = formatPlace(place);
    expect(hash).toBe(`#image=${uuidOf(7)}&cluster=${uuidOf(9)}&view=1.2346,-0.000012346,0,12.346,0.5,-0.22&mode=flat`);
    expect(formatPlace(parsePlace(hash))).toBe(hash);
  });

  it("is not written where there is nothing to say", () => {
    expect(formatPlace(NOWHERE)).toBe("");
    expect(parsePlace("")).toEqual(NOWHERE);
  });

  it("opens the links of before, in either case", () => {
    expect(parsePlace(`#image=${uuidOf(0xab).toUpperCase()}`)).toEqual({ ...NOWHERE, image: uuidOf(0xab) });
  });

  it.each([
    "#top",
    "#image=12&cluster=x",
    "#view=1,2,3",
    "#view=",
    "#view=1,2,3,0,0,0",
    "#view=1,2,3,-4,0,0",
    "#view=1,2,3,4,0,9",
    "#view=NaN,2,3,4,0,0",
    "#view=1,2,3,Infinity,0,0",
    "#view=1,2,3,4,0,0,0",
    "#mode=upside-down&time=1923",
  ])("passes over what makes no sense: %s", (hash) => {
    expect(parsePlace(hash)).toEqual(NOWHERE);
  });
});
