import { expect, it } from "vitest";
import { DynamicDrawUsage, type InterleavedBufferAttribute } from "three";
import { Quads } from "../../src/scene/quads";

it("gives each quad's record to its four corners, and draws just those that are shown", () => {
  const quads = new Quads(3, 3, [["place", 2, 0], ["light", 1, 2]], DynamicDrawUsage);
  quads.write(1, Float32Array.of(5, 6, 7));
  quads.write(2, Float32Array.of(8, 9, 10));
  quads.show(1, 3);

  const [place, light] = ["place", "light"].map((name) => quads.geometry.getAttribute(name) as InterleavedBufferAttribute);
  const { start, count } = quads.geometry.drawRange;
  const drawn = [...quads.geometry.getIndex()!.array.slice(start, start + count)];
  expect(drawn.map((at) => [place!.getX(at), place!.getY(at), light!.getX(at)])).toEqual([
    ...Array.from({ length: 6 }, () => [5, 6, 7]),
    ...Array.from({ length: 6 }, () => [8, 9, 10]),
  ]);
  // Two triangles of four corners, which the shader tells apart by the number's last two bits.
  expect(drawn.map((at) => at & 3)).toEqual([0, 1, 2, 2, 1, 3, 0, 1, 2, 2, 1, 3]);
  // Only what is shown goes to the card.
  expect(place!.data.updateRanges).toEqual([{ start: 12, count: 24 }]);

  quads.show(0, 0);
  expect(quads.geometry.drawRange.count).toBe(0);
});
