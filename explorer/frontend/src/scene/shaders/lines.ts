import { CORNER_GLSL } from "../quads";

/** Lines in their cluster's colour, lightened (on a pale sky darkened) to stand out from its points; dimmer with depth and where the cluster steps back, gone among its pictures, which they would cross out. */
export const LINES_VERTEX = /* glsl */ `
precision highp float;
precision highp sampler2D;
uniform mat4 uView, uProjection;
uniform float uPixelX, uPixelY, uFogNear, uFogFar, uStrength, uPicture;
uniform sampler2D uPalette;
uniform vec3 uInk;
in vec3 from, to;
in float cluster;
out vec4 vColour;
out float vAcross;

${CORNER_GLSL}

void main() {
  vec2 corner = cornerOf(gl_VertexID); // along the piece, across it
  vec4 start = uProjection * (uView * vec4(from, 1.0));
  vec4 end = uProjection * (uView * vec4(to, 1.0));
  vec4 here = corner.x < 0.0 ? start : end;
  vec2 pixel = vec2(uPixelX, uPixelY);
  vec2 along = (end.xy / end.w - start.xy / start.w) / pixel;
  vec2 across = normalize(vec2(-along.y, along.x) + 1e-6);
  here.xy += across * corner.y * pixel * here.w;
  vec4 palette = texelFetch(uPalette, ivec2(int(cluster + 0.5), 0), 0);
  float depth = here.w;
  float fog = 1.0 - 0.62 * smoothstep(uFogNear, uFogFar, depth);
  float away = smoothstep(14.0 * uPicture, 45.0 * uPicture, depth);
  float cover = palette.a * fog * away * uStrength;
  vColour = vec4(mix(palette.rgb, uInk, 0.62) * cover, cover);
  vAcross = corner.y;
  // A piece that reaches behind the camera has no place on the screen.
  gl_Position = min(start.w, end.w) <= 0.0 ? vec4(0.0, 0.0, 2.0, 1.0) : here;
}
`;

export const LINES_FRAGMENT = /* glsl */ `
precision highp float;
in vec4 vColour;
in float vAcross;
out vec4 colour;

void main() {
  colour = 0.75 * smoothstep(1.0, 0.35, abs(vAcross)) * vColour;
}
`;
