import { CORNER_GLSL } from "../quads";

/** Pictures that face the camera: the tile of 16 px, over it that of 64 px, over it the sharp rendition, as far as they have come. */
export const PICTURES_VERTEX = /* glsl */ `
precision highp float;
uniform mat4 uView, uProjection;
uniform float uFocal, uPicture;
in vec4 place;   // x, y, z, alpha
in vec3 shape;   // half width, half height (shares of the picture size), light
in vec3 small;   // layer (under 0: none), column, row
in vec4 tile;    // layer, column, row, share
in vec2 sharp;   // layer, share
out vec2 vAt;    // px from the centre
out vec2 vHalf;  // px
out vec2 vUnit;  // -1 to 1
flat out vec3 vShape, vSmall;
flat out vec4 vTile;
flat out vec2 vSharp;
flat out float vAlpha;

${CORNER_GLSL}

void main() {
  vec2 corner = cornerOf(gl_VertexID);
  vec4 eye = uView * vec4(place.xyz, 1.0);
  float scale = uFocal / max(-eye.z, 1e-6);
  vHalf = shape.xy * uPicture * scale;
  // One pixel more on each side, for a smooth edge.
  vec2 grown = vHalf + 1.0;
  vAt = corner * grown;
  vUnit = vAt / vHalf;
  eye.xy += vAt / scale;
  gl_Position = uProjection * eye;
  vShape = shape; vSmall = small; vTile = tile; vSharp = sharp; vAlpha = place.w;
}
`;

export const PICTURES_FRAGMENT = /* glsl */ `
precision highp float;
precision highp sampler2DArray;
uniform sampler2DArray uSmall, uTiles, uSharp;
uniform vec3 uSky;
in vec2 vAt, vHalf, vUnit;
flat in vec3 vShape, vSmall;
flat in vec4 vTile;
flat in vec2 vSharp;
flat in float vAlpha;
out vec4 colour;

// A tile's picture at a place in -1 to 1, x to the right, y down. Stays inside: beyond lies the next tile, or padding.
vec3 pictureOf(sampler2DArray atlas, float side, vec3 layerColumnRow, vec2 unit, float inset) {
  vec2 inTile = 0.5 * side + unit * max(side * vShape.xy - inset, vec2(0.0));
  return texture(atlas, vec3((layerColumnRow.yz * side + inTile) / 1024.0, layerColumnRow.x)).rgb;
}

void main() {
  // A rounded rectangle, measured in pixels.
  float corner = min(3.0, 0.12 * min(vHalf.x, vHalf.y));
  vec2 q = abs(vAt) - vHalf + corner;
  float outside = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - corner;
  float alpha = clamp(0.5 - outside, 0.0, 1.0) * vAlpha;
  if (alpha < 0.01) discard;
  vec2 unit = clamp(vUnit, -1.0, 1.0) * vec2(1.0, -1.0);
  vec3 c = vec3(0.0);
  // Only what shows is looked up; the coarser ones matter while a finer one comes up.
  if (vSmall.x >= 0.0 && vTile.w < 1.0) c = pictureOf(uSmall, 16.0, vSmall, unit, 0.5);
  if (vTile.w > 0.0 && vSharp.y < 1.0) c = mix(c, pictureOf(uTiles, 64.0, vTile.xyz, unit, 0.75), vTile.w);
  if (vSharp.y > 0.0) c = mix(c, texture(uSharp, vec3(unit * 0.5 + 0.5, vSharp.x)).rgb, vSharp.y);
  colour = vec4(mix(uSky, c, vShape.z) * alpha, alpha);
}
`;
