import { BufferAttribute, BufferGeometry, InterleavedBuffer, InterleavedBufferAttribute, type Usage } from "three";

const CORNERS = 4;
const INDICES = [0, 1, 2, 2, 1, 3] as const;

/** Name, number of floats and offset of a field in a quad's record. */
export type QuadField = readonly [name: string, size: number, offset: number];

/** A shader's `corner`: -1 to 1 to the right and up. */
export const CORNER_GLSL = /* glsl */ `vec2 cornerOf(int vertex) { return vec2(float(vertex & 1), float((vertex >> 1) & 1)) * 2.0 - 1.0; }`;

/**
 * Many rectangles in one draw call, each with a record of floats that its four corners share; a shader tells the corners apart by
 * `cornerOf(gl_VertexID)`. Not instanced: graphics in software draw every instance as a call of its own, which for a thousand
 * pictures costs more than all their pixels.
 */
export class Quads {
  readonly geometry = new BufferGeometry();
  readonly n: number;
  readonly #stride: number;
  readonly #data: Float32Array;
  readonly #buffer: InterleavedBuffer;

  /**
   * @param n - most quads
   * @param stride - floats of a record
   */
  constructor(n: number, stride: number, fields: readonly QuadField[], usage: Usage) {
    this.n = n;
    this.#stride = stride;
    this.#data = new Float32Array(CORNERS * n * stride);
    this.#buffer = new InterleavedBuffer(this.#data, stride).setUsage(usage);
    for (const [name, size, offset] of fields) this.geometry.setAttribute(name, new InterleavedBufferAttribute(this.#buffer, size, offset));
    const index = new Uint32Array(INDICES.length * n);
    for (let k = 0; k < index.length; k += 1) index[k] = CORNERS * Math.floor(k / INDICES.length) + INDICES[k % INDICES.length]!;
    this.geometry.setIndex(new BufferAttribute(index, 1));
    this.geometry.setDrawRange(0, 0);
  }

  /** Bytes of the records, on the card and here. */
  get bytes(): number {
    return 2 * this.#data.byteLength;
  }

  /** Writes quad `k` from the first floats of a record. */
  write(k: number, record: Float32Array): void {
    const at = CORNERS * k * this.#stride;
    for (let corner = 0; corner < CORNERS; corner += 1) this.#data.set(record, at + corner * this.#stride);
  }

  /** Draws the quads from `first` up to `last`, as they were written. */
  show(first: number, last: number): void {
    this.geometry.setDrawRange(INDICES.length * first, INDICES.length * (last - first));
    if (first === last) return;
    this.#buffer.clearUpdateRanges();
    this.#buffer.addUpdateRange(CORNERS * first * this.#stride, CORNERS * (last - first) * this.#stride);
    this.#buffer.needsUpdate = true;
  }

  dispose(): void {
    this.geometry.dispose();
  }
}
