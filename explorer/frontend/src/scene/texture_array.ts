import { ExternalTexture, type WebGLRenderer } from "three";

/**
 * A texture of equal layers, filled one picture at a time. three.js uploads such arrays only whole, so the texture is made
 * with WebGL directly and lent to three.js as an external one. Texels are premultiplied sRGB, drawn as they are.
 */
export class TextureArray {
  readonly texture: ExternalTexture;
  readonly width: number;
  readonly height: number;
  readonly nLayers: number;
  readonly #renderer: WebGLRenderer;
  readonly #gl: WebGL2RenderingContext;
  readonly #handle: WebGLTexture;
  readonly #nLevels: number;
  readonly #from: WebGLFramebuffer;
  readonly #to: WebGLFramebuffer;

  /** @param nLevels - mipmap levels; each halves the sides, so 64 px tiles may have 5 before neighbours run together */
  constructor(renderer: WebGLRenderer, width: number, height: number, nLayers: number, nLevels: number) {
    this.#renderer = renderer;
    this.width = width;
    this.height = height;
    this.nLayers = nLayers;
    this.#nLevels = nLevels;
    const gl = renderer.getContext() as WebGL2RenderingContext;
    this.#gl = gl;
    this.#handle = gl.createTexture();
    this.#from = gl.createFramebuffer();
    this.#to = gl.createFramebuffer();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#handle);
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, nLevels, gl.RGBA8, width, height, nLayers);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    renderer.resetState();
    this.texture = new ExternalTexture(this.#handle);
  }

  /** Bytes on the graphics card for a size: what the memory budget counts. */
  static bytes(width: number, height: number, nLayers: number): number {
    return Math.ceil((4 * width * height * nLayers * 4) / 3);
  }

  get bytes(): number {
    return TextureArray.bytes(this.width, this.height, this.nLayers);
  }

  /** Puts a picture (premultiplied, at most the layer's size) into the upper left of a layer and makes its smaller levels. */
  upload(layer: number, picture: ImageBitmap): void {
    const gl = this.#gl;
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#handle);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, picture.width, picture.height, 1, gl.RGBA, gl.UNSIGNED_BYTE, picture);
    this.#makeLevels(layer);
    this.#renderer.resetState();
  }

  /** Halves by blitting: a 2 × 2 box filter, for this layer only, where generateMipmap would redo them all. */
  #makeLevels(layer: number): void {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.#from);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.#to);
    gl.disable(gl.SCISSOR_TEST);
    for (let level = 1; level < this.#nLevels; level += 1) {
      gl.framebufferTextureLayer(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, this.#handle, level - 1, layer);
      gl.framebufferTextureLayer(gl.DRAW_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, this.#handle, level, layer);
      const [w, h] = [this.width >> (level - 1), this.height >> (level - 1)];
      gl.blitFramebuffer(0, 0, w, h, 0, 0, w >> 1, h >> 1, gl.COLOR_BUFFER_BIT, gl.LINEAR);
    }
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
  }

  dispose(): void {
    this.#gl.deleteTexture(this.#handle);
    this.#gl.deleteFramebuffer(this.#from);
    this.#gl.deleteFramebuffer(this.#to);
    this.texture.dispose();
  }
}
