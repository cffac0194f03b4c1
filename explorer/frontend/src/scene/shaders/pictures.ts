/** Pictures that face the camera: a tile of an atlas, the sharp rendition over it once it is there. */
export const PICTURES_VERTEX = /* glsl */ `
precision highp float;
uniform mat4 uView, uProjection;
uniform float uFocal, uPicture;
in vec2 corner;
in vec4 place;   // x, y, z, alpha
in vec3 shape;   // half width, half height (shares of the picture size), light
in vec3 tile;    // atlas layer, column, row
in vec2 sharp;   // layer, share
out vec2 vAt;    // px from the centre
out vec2 vHalf;  // px
out vec2 vUnit;  // -1 to 1
flat out vec3 vShape, vTile;
flat out vec2 vSharp;
flat out float vAlpha;

void main() {
  vec4 eye = uView * vec4(place.xyz, 1.0);
  float scale = uFocal / max(-eye.z, 1e-6);
  vHalf = shape.xy * uPicture * scale;
  // One pixel more on each side, for a smooth edge.
  vec2 grown = vHalf + 1.0;
  vAt = corner * grown;
  vUnit = vAt / vHalf;
  eye.xy += vAt / scale;
  gl_Position = uProjection * eye;
  vShape = shape; vTile = tile; vSharp = sharp; vAlpha = place.w;
}
`;

export const PICTURES_FRAGMENT = /* glsl */ `
precision highp float;
precision highp sampler2DArray;
uniform sampler2DArray uAtlas, uSharp;
uniform vec2 uAtlasSize;
in vec2 vAt, vHalf, vUnit;
flat in vec3 vShape, vTile;
flat in vec2 vSharp;
flat in float vAlpha;
out vec4 colour;

void main() {
  // A rounded rectangle, measured in pixels.
  float corner = min(3.0, 0.12 * min(vHalf.x, vHalf.y));
  vec2 q = abs(vAt) - vHalf + corner;
  float outside = length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - corner;
  float alpha = clamp(0.5 - outside, 0.0, 1.0) * vAlpha;
  if (alpha < 0.01) discard;
  vec2 unit = clamp(vUnit, -1.0, 1.0) * vec2(1.0, -1.0);
  // Stay three quarters of a texel inside: beyond lies the next picture's tile, or its padding.
  vec2 inTile = 32.0 + unit * (64.0 * vShape.xy - 0.75);
  vec3 c = texture(uAtlas, vec3((vTile.yz * 64.0 + inTile) / uAtlasSize, vTile.x)).rgb;
  if (vSharp.y > 0.0) {
    c = mix(c, texture(uSharp, vec3(unit * 0.5 + 0.5, vSharp.x)).rgb, vSharp.y);
  }
  colour = vec4(c * vShape.z * alpha, alpha);
}
`;
