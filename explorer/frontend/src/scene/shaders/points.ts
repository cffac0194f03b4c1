import { SMALL_FROM_PX, SMALL_TO_PX, FADE_TO_PX } from "../../math/sizes";

/**
 * Points: round, in their cluster's colour or their picture's mean one, lit from the middle, dimmer with depth, never smaller
 * than a pixel or so. Nearer, where the tile of 16 px has come, the picture itself; nearer still, the pictures' own pass
 * lies over it and the point draws back.
 */
export const POINTS_VERTEX = /* glsl */ `
precision highp float;
precision highp int;
precision highp sampler2D;
uniform mat4 uView, uProjection;
uniform float uFocal, uPixelRatio, uMinDiameter, uDisc, uPicture, uFogNear, uFogFar, uGone, uMean, uShade;
uniform vec3 uSky;
uniform sampler2D uPalette, uTable;
in vec3 position;
in uvec3 words;  // cluster, aspect, dead, dimmed; mean colour; place of the tile
flat out vec3 vColour;
flat out vec4 vTile;   // layer, column, row, share
flat out vec4 vShape;  // half width, half height, px; radius of the disc, px; light of the picture
flat out vec2 vSize;   // px of the point; level of the mipmap

void main() {
  vec4 eye = uView * vec4(position, 1.0);
  float depth = -eye.z;
  // Not to be shown, or behind the camera.
  if ((words.x & 0x10000u) != 0u || depth <= 0.0) {
    gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
    gl_PointSize = 1.0;
    return;
  }
  // Behind the picture that may come to lie on it.
  gl_Position = uProjection * (eye - vec4(0.0, 0.0, 0.02 * uPicture, 0.0));
  vec4 palette = texelFetch(uPalette, ivec2(int(words.x & 255u), 0), 0);
  float px = uPicture * uFocal / depth;
  // So near that it would fill the view: out of the way.
  if (px >= uGone) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);

  float ratio = exp2((float((words.x >> 8) & 255u) - 128.0) / 32.0);
  // The disc of a long picture is no higher than the picture, so that the picture hides it.
  float radius = min(uDisc * uFocal / depth, 0.45 * px * min(ratio, 1.0 / ratio));
  radius = max(0.5 * uMinDiameter, radius);

  float cssPx = px / uPixelRatio;
  float share = smoothstep(${SMALL_FROM_PX.toFixed(1)}, ${SMALL_TO_PX.toFixed(1)}, cssPx) * (1.0 - smoothstep(${FADE_TO_PX.toFixed(1)}, ${(FADE_TO_PX + 8).toFixed(1)}, cssPx));
  vTile = vec4(0.0);
  if (share > 0.0 && words.z != 0xffffffffu) {
    uint part = words.z >> 12;
    uint row = words.z & 4095u;
    vec2 entry = texelFetch(uTable, ivec2(int(part & 255u), int(part >> 8)), 0).rg * 255.0;
    vTile = vec4(entry.x - 1.0, float(row & 63u), float(row >> 6), entry.x < 0.5 ? 0.0 : share * entry.y / 255.0);
  }
  vec2 halfPicture = 0.5 * px * (ratio >= 1.0 ? vec2(1.0, 1.0 / ratio) : vec2(ratio, 1.0));
  vShape = vec4(halfPicture, radius, 0.0);
  vSize = vec2(2.0 * radius + 1.0, clamp(log2(16.0 / px), 0.0, 2.0));
  if (vTile.w > 0.0) vSize.x = max(vSize.x, px + 2.0);
  gl_PointSize = vSize.x;

  float far = smoothstep(uFogNear, uFogFar, depth);
  float lit = palette.a * ((words.x & 0x20000u) != 0u ? 0.2 : 1.0);
  vec3 mean = vec3(float(words.y & 255u), float((words.y >> 8) & 255u), float((words.y >> 16) & 255u)) / 255.0;
  vColour = mix(uSky, mix(palette.rgb, mean, uMean) * uShade, (1.0 - 0.62 * far) * lit);
  vShape.w = (0.3 + 0.7 * lit) * (1.0 - 0.45 * far);
}
`;

export const POINTS_FRAGMENT = /* glsl */ `
precision highp float;
precision highp sampler2DArray;
uniform sampler2DArray uSmall;
uniform vec3 uSky;
flat in vec3 vColour;
flat in vec4 vTile, vShape;
flat in vec2 vSize;
out vec4 colour;

void main() {
  vec2 at = (gl_PointCoord - 0.5) * vSize.x;
  float d = length(at);
  float radius = vShape.z;
  float disc = clamp(radius - d + 0.5, 0.0, 1.0);
  float light = mix(1.12, 0.74, smoothstep(0.0, radius, d));
  colour = vec4(vColour * light * disc, disc);
  if (vTile.w > 0.0) {
    vec2 q = abs(at) - vShape.xy;
    // A hard edge: depth is written, so what shone through a soft one would be the dark behind everything.
    float inside = step(max(q.x, q.y), 0.0);
    vec2 unit = clamp(at / vShape.xy, -1.0, 1.0);
    vec2 halfTile = 8.0 * vShape.xy / max(vShape.x, vShape.y);
    // Stay so far inside that no texel of the level is mixed in which holds the next picture's tile, or padding.
    vec2 inTile = 8.0 + unit * max(halfTile - exp2(vSize.y) + 0.5, vec2(0.0));
    vec3 c = mix(uSky, textureLod(uSmall, vec3((vTile.yz * 16.0 + inTile) / 1024.0, vTile.x), vSize.y).rgb, vShape.w);
    colour = mix(colour, vec4(c * inside, inside), vTile.w);
  }
  if (colour.a < (vTile.w > 0.0 ? 0.3 : 0.08)) discard;
}
`;
