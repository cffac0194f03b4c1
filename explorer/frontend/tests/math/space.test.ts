import { PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { clearApproach } from "../../src/math/approach_angle";
import { ballsOf, layBlocks, mayShow, typicalSpacing } from "../../src/math/blocks";
import { emptyProjection, project, type Projection } from "../../src/math/project";
import { pickAt, type PickScene } from "../../src/math/pick";
import { aspectRatio, dequantize, halfExtents, parseColour } from "../../src/math/quantise";
import { bulkOf } from "../../src/math/bulk";
import { pictureAlpha, presence, sizesOf } from "../../src/math/sizes";
import { axesOf, emptyAxes, eyeOf, FIELD_OF_VIEW, fitDistance, orbit, shift, zoomTowards, type Vec3, type View } from "../../src/math/view";
import { VisiblePictures } from "../../src/math/visible";
import type { World } from "../../src/math/world";

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A camera of three.js at a view, and our projection made from it. */
function look(view: View, width = 1000, height = 800): { camera: PerspectiveCamera; projection: Projection } {
  const camera = new PerspectiveCamera((FIELD_OF_VIEW * 180) / Math.PI, width / height, 0.01, 1000);
  const axes = axesOf(view, emptyAxes());
  camera.rotation.set(view.pitch, view.yaw, 0, "YXZ");
  camera.position.set(...eyeOf(view, axes, [0, 0, 0]));
  camera.updateMatrixWorld();
  const projection = emptyProjection();
  camera.projectionMatrix.clone().multiply(camera.matrixWorldInverse).toArray(projection.matrix);
  projection.width = width;
  projection.height = height;
  projection.focal = height / (2 * Math.tan(FIELD_OF_VIEW / 2));
  return { camera, projection };
}

const VIEW: View = { pivot: [1, 2, 3], distance: 10, yaw: 0.7, pitch: -0.3 };

describe("quantised columns", () => {
  it("give back corners exactly and everything within a step", () => {
    const coordinates = dequantize(Uint16Array.from([0, 65535, 32768]), [-10, -20, 5], 4);
    expect(coordinates[0]).toBe(-10);
    expect(coordinates[1]).toBe(-16);
    expect(coordinates[2]).toBeCloseTo(7, 3);
  });

  it("know a picture's shape from its aspect byte", () => {
    expect(aspectRatio(128)).toBe(1);
    expect(aspectRatio(160)).toBe(2);
    const half = { w: 0, h: 0 };
    halfExtents(96, half);
    expect(half).toEqual({ w: 0.25, h: 0.5 });
  });

  it("read colours, and take grey for what is none", () => {
    expect(parseColour("#ff0080")).toEqual([1, 0, 128 / 255]);
    expect(parseColour("red")).toEqual([0.6, 0.6, 0.6]);
  });
});

describe("projecting", () => {
  it("agrees with three.js's own camera", () => {
    const { camera, projection } = look(VIEW);
    const random = numbers(1);
    const spot = { x: 0, y: 0, depth: 0, scale: 0 };
    for (let k = 0; k < 200; k += 1) {
      const at = new Vector3(random() * 12 - 5, random() * 12 - 4, random() * 12 - 3);
      const shown = project(projection, at.x, at.y, at.z, spot);
      const eye = at.clone().applyMatrix4(camera.matrixWorldInverse);
      expect(spot.depth).toBeCloseTo(-eye.z, 6);
      if (!shown) continue;
      const expected = at.clone().project(camera);
      expect(spot.x).toBeCloseTo((expected.x + 1) * 500, 5);
      expect(spot.y).toBeCloseTo((1 - expected.y) * 400, 5);
    }
  });

  it("puts the pivot in the middle, and nothing from behind the camera on the screen", () => {
    const { projection } = look(VIEW);
    const spot = { x: 0, y: 0, depth: 0, scale: 0 };
    expect(project(projection, 1, 2, 3, spot)).toBe(true);
    expect(spot.x).toBeCloseTo(500, 6);
    expect(spot.y).toBeCloseTo(400, 6);
    expect(spot.depth).toBeCloseTo(10, 6);
    const { forward } = axesOf(VIEW, emptyAxes());
    expect(project(projection, 1 - 20 * forward[0], 2 - 20 * forward[1], 3 - 20 * forward[2], spot)).toBe(false);
  });
});

describe("moving the view", () => {
  it("zooms with the anchor fixed under the pointer", () => {
    const view: View = { ...VIEW, pivot: [...VIEW.pivot] };
    const anchor: Vec3 = [2, 3, 1];
    const before = { x: 0, y: 0, depth: 0, scale: 0 };
    project(look(view).projection, ...anchor, before);
    zoomTowards(view, axesOf(view, emptyAxes()), anchor, 0.5, 0.1, 100);
    const after = { x: 0, y: 0, depth: 0, scale: 0 };
    project(look(view).projection, ...anchor, after);
    expect(after.x).toBeCloseTo(before.x, 6);
    expect(after.y).toBeCloseTo(before.y, 6);
    expect(after.depth).toBeCloseTo(before.depth / 2, 6);
  });

  it("goes on through at the least distance, and stops at the greatest", () => {
    const view: View = { pivot: [0, 0, 0], distance: 1, yaw: 0, pitch: 0 };
    const axes = axesOf(view, emptyAxes());
    zoomTowards(view, axes, [0, 0, -2], 0.5, 1, 5);
    expect(view.distance).toBe(1);
    // The eye was at z = 1 and went half of its 3 to the anchor; the pivot stays one ahead.
    expect(view.pivot[2]).toBeCloseTo(-1.5, 9);
    zoomTowards(view, axes, [0, 0, 0], 100, 1, 5);
    expect(view.distance).toBe(5);
  });

  it("never turns over", () => {
    const view: View = { pivot: [0, 0, 0], distance: 1, yaw: 0, pitch: 0 };
    orbit(view, 0, 9);
    expect(view.pitch).toBeLessThan(Math.PI / 2);
  });

  it("shifts along the camera's own axes", () => {
    const view: View = { pivot: [0, 0, 0], distance: 1, yaw: Math.PI / 2, pitch: 0 };
    shift(view, axesOf(view, emptyAxes()), 0, 0, 2);
    expect(view.pivot[0]).toBeCloseTo(-2, 9);
  });

  it("fits a ball so that its edge is where it should be", () => {
    const distance = fitDistance(1, 800, 800, 1);
    expect(Math.asin(1 / distance)).toBeCloseTo(FIELD_OF_VIEW / 2, 9);
    expect(fitDistance(1, 400, 800)).toBeGreaterThan(distance);
  });
});

describe("sizes", () => {
  it("are sane for one picture, for a pile and for none", () => {
    for (const positions of [new Float32Array(3), new Float32Array(0), new Float32Array(300)]) {
      const sizes = sizesOf(positions, 0, positions.length / 3);
      expect(sizes.picture).toBeGreaterThan(0);
      expect(sizes.radius).toBeGreaterThan(0);
    }
    // All in one place, but for the bounds.
    expect(sizesOf(new Float32Array(300), 5, 100).picture).toBeGreaterThan(0.1);
  });

  it("measure the usual way to the nearest neighbour", () => {
    const line = Float32Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? i : 0));
    expect(typicalSpacing(line)).toBeCloseTo(3, 6);
  });

  it("let pictures come up and give way smoothly", () => {
    expect(pictureAlpha(5)).toBe(0);
    expect(pictureAlpha(60)).toBe(1);
    expect(presence(100, 800)).toBe(1);
    expect(presence(2000, 800)).toBe(0);
  });

  it("do not let one stray picture shrink the whole galaxy", () => {
    const random = numbers(3);
    const positions = Float32Array.from({ length: 3000 }, () => random() * 2 - 1);
    positions[0] = 500;
    const bulk = bulkOf(positions, emptyAxes());
    expect(bulk.halfSide).toBeLessThan(2);
    expect(Math.abs(bulk.centre[0])).toBeLessThan(0.1);
  });
});

function cloud(n: number, seed: number): Float32Array {
  const random = numbers(seed);
  return Float32Array.from({ length: 3 * n }, () => random() * 8 - 3);
}

/** Points of one node, all of them shown. */
function worldOf(positions: Float32Array, sizes = sizesOf(positions, 6, positions.length / 3)): World {
  const n = positions.length / 3;
  const blocks = layBlocks([{ first: 0, n }]);
  blocks.balls.set(ballsOf(positions));
  blocks.shown.fill(1);
  return { positions, flags: new Uint8Array(n), blocks, sizes };
}

/** Everything is drawn as a picture where `isPicture` says so. */
function pickScene(positions: Float32Array, picture: number, isPicture = false): PickScene {
  const world = worldOf(positions, { radius: 8, picture, disc: 0.2 * picture });
  return { world, extent: (_index, _px, out) => { [out.w, out.h] = isPicture ? [0.5, 0.25] : [0, 0]; }, front: -1 };
}

describe("blocks", () => {
  it("hold all their points, and are never skipped when one of these shows", () => {
    const positions = cloud(2000, 5);
    const balls = ballsOf(positions);
    const { projection } = look({ ...VIEW, distance: 4 });
    const spot = { x: 0, y: 0, depth: 0, scale: 0 };
    const rect = { x0: 200, y0: 100, x1: 420, y1: 300 };
    let nShown = 0;
    for (let i = 0; i < 2000; i += 1) {
      if (!project(projection, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!, spot)) continue;
      if (spot.x < rect.x0 || spot.x > rect.x1 || spot.y < rect.y0 || spot.y > rect.y1 || spot.depth > 9) continue;
      nShown += 1;
      expect(mayShow(balls, Math.floor(i / 256), projection, rect, 9)).toBe(true);
    }
    expect(nShown).toBeGreaterThan(20);
  });
});

describe("the blocks of an octree", () => {
  it("follow the nodes, so that none holds points of two", () => {
    const blocks = layBlocks([{ first: 0, n: 300 }, { first: 300, n: 256 }, { first: 556, n: 1 }]);
    expect([...blocks.ofNode]).toEqual([0, 2, 3, 4]);
    expect([...blocks.first]).toEqual([0, 256, 300, 556, 557]);
    expect(layBlocks([]).n).toBe(0);
  });

  it("are neither picked nor drawn as pictures until they are shown, nor is a tombstone ever", () => {
    const view: View = { pivot: [0, 0, 0], distance: 10, yaw: 0, pitch: 0 };
    const { projection } = look(view);
    const scene = pickScene(Float32Array.from([0, 0, 0, 0, 0, 2]), 1, true);
    const visible = new VisiblePictures(10, 10);
    const drawn = (): number[] => {
      visible.update(scene.world, projection);
      return [...visible.index.subarray(0, visible.count)];
    };
    expect([pickAt(scene, projection, 500, 400), drawn()]).toEqual([1, [0, 1]]);
    scene.world.flags[1] = 1;
    expect([pickAt(scene, projection, 500, 400), drawn()]).toEqual([0, [0]]);
    scene.world.blocks.shown[0] = 0;
    expect([pickAt(scene, projection, 500, 400), drawn()]).toEqual([-1, []]);
  });
});

describe("picking", () => {
  it("finds each point at its own place, unless a nearer one covers it", () => {
    const positions = cloud(1500, 7);
    const scene = pickScene(positions, 0.12);
    const { projection } = look(VIEW);
    const spot = { x: 0, y: 0, depth: 0, scale: 0 };
    let nOwn = 0;
    for (let i = 0; i < 1500; i += 1) {
      if (!project(projection, positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!, spot)) continue;
      const { x, y, depth } = spot;
      const picked = pickAt(scene, projection, x, y);
      if (picked === i) nOwn += 1;
      else {
        project(projection, positions[3 * picked]!, positions[3 * picked + 1]!, positions[3 * picked + 2]!, spot);
        expect(spot.depth).toBeLessThan(depth);
        expect(Math.hypot(spot.x - x, spot.y - y)).toBeLessThanOrEqual(Math.max(1.7, 0.024 * spot.scale));
      }
    }
    expect(nOwn).toBeGreaterThan(1000);
  });

  it("takes pictures by their rectangle, the frontmost first", () => {
    // Two pictures on the axis of view, the second nearer, and beside their corner nothing.
    const view: View = { pivot: [0, 0, 0], distance: 10, yaw: 0, pitch: 0 };
    const { projection } = look(view);
    const scene = pickScene(Float32Array.from([0, 0, 0, 0, 0, 2]), 1, true);
    const scale = projection.focal / 8;
    expect(pickAt(scene, projection, 500 + 0.49 * scale, 400)).toBe(1);
    expect(pickAt(scene, projection, 500, 400 + 0.24 * scale)).toBe(1);
    expect(pickAt(scene, projection, 500 + 0.55 * scale, 400)).toBe(-1);
    expect(pickAt(scene, projection, 500, 400 + 0.35 * scale)).toBe(-1);
  });

  it("takes the chosen picture first, which is drawn over all others", () => {
    const view: View = { pivot: [0, 0, 0], distance: 10, yaw: 0, pitch: 0 };
    const { projection } = look(view);
    const scene = pickScene(Float32Array.from([0, 0, 0, 0, 0, 2]), 1, true);
    scene.front = 0;
    expect(pickAt(scene, projection, 500, 400)).toBe(0);
    // Beside it the nearer, larger one still shows.
    expect(pickAt(scene, projection, 500 + (0.52 * projection.focal) / 10, 400)).toBe(1);
  });

  it("forgives a few pixels beside a point, but prefers a hit to a near miss", () => {
    const view: View = { pivot: [0, 0, 0], distance: 10, yaw: 0, pitch: 0 };
    const { projection } = look(view);
    const unit = projection.focal / 10;
    const scene = pickScene(Float32Array.from([0, 0, 0, 8 / unit, 0, 0]), 0.01);
    expect(pickAt(scene, projection, 495, 400)).toBe(0);
    expect(pickAt(scene, projection, 508.5, 400)).toBe(1);
    expect(pickAt(scene, projection, 480, 400)).toBe(-1);
  });
});

describe("choosing pictures", () => {
  it("takes the nearest in view, far to near", () => {
    const world = worldOf(cloud(3000, 9));
    const { projection } = look({ ...VIEW, distance: 3 });
    const all = new VisiblePictures(3000, 3000);
    all.update(world, projection);
    const few = new VisiblePictures(50, 3000);
    few.update(world, projection);
    expect(all.count).toBeGreaterThan(100);
    expect(few.count).toBe(50);
    const px = [...all.px.subarray(0, all.count)];
    expect(px).toEqual([...px].sort((a, b) => a - b));
    expect([...few.index]).toEqual([...all.index.subarray(all.count - 50, all.count)]);
  });

  it("says where each lies on the canvas, the chosen one too", () => {
    const world = worldOf(cloud(3000, 9));
    const { projection } = look({ ...VIEW, distance: 3 });
    const visible = new VisiblePictures(3000, 3000);
    visible.update(world, projection);
    visible.update(world, projection, visible.index[3]);
    const spot = { x: 0, y: 0, depth: 0, scale: 0 };
    for (let k = 0; k < visible.count; k += 1) {
      const [x, y, z] = world.positions.subarray(3 * visible.index[k]!, 3 * visible.index[k]! + 3);
      project(projection, x!, y!, z!, spot);
      expect(Math.hypot(visible.x[k]! - spot.x, visible.y[k]! - spot.y)).toBeLessThan(0.001);
    }
  });

  it("draws the chosen one last, at its own size, and the others as before", () => {
    const world = worldOf(cloud(3000, 9));
    const { projection } = look({ ...VIEW, distance: 3 });
    const plain = new VisiblePictures(3000, 3000);
    plain.update(world, projection);
    const chosen = plain.index[3]!;
    const fronted = new VisiblePictures(3000, 3000);
    fronted.update(world, projection, chosen);
    const order = [...plain.index.subarray(0, plain.count)];
    expect([...fronted.index.subarray(0, fronted.count)]).toEqual([...order.filter((i) => i !== chosen), chosen]);
    expect(fronted.px[fronted.count - 1]).toBe(plain.px[3]);
  });
});

describe("the way to look at a picture", () => {
  it("turns aside when another picture stands before it, and else not", () => {
    const view: View = { pivot: [0, 0, 0], distance: 3, yaw: 0, pitch: 0 };
    expect(clearApproach(view, Float32Array.from([0, 0, 0, 5, 5, 5]), 0, 1)).toMatchObject({ yaw: 0, pitch: 0 });
    const aside = clearApproach(view, Float32Array.from([0, 0, 0, 0, 0, 1.5]), 0, 1);
    expect(Math.hypot(aside.yaw, aside.pitch)).toBeGreaterThan(0.2);
  });
});
