import { CORNER_GLSL } from "../quads";

/** A faint glow around each cluster, so that far away it reads as one body. Fades as one flies into it. */
export const GLOWS_VERTEX = /* glsl */ `
precision highp float;
precision highp sampler2D;
uniform mat4 uView, uProjection;
uniform float uFogNear, uFogFar;
uniform sampler2D uPalette;
in vec4 ball;     // centre, radius
in float cluster;
out vec2 vUnit;
flat out vec3 vColour;
flat out float vStrength;

${CORNER_GLSL}

void main() {
  vec2 corner = cornerOf(gl_VertexID);
  vec4 eye = uView * vec4(ball.xyz, 1.0);
  float depth = -eye.z;
  vec4 palette = texelFetch(uPalette, ivec2(int(cluster + 0.5), 0), 0);
  float outside = smoothstep(0.6, 2.6, depth / ball.w);
  float fog = 1.0 - 0.6 * smoothstep(uFogNear, uFogFar, depth);
  vStrength = palette.a * fog * outside;
  vColour = palette.rgb;
  vUnit = corner;
  eye.xy += corner * ball.w * 1.9;
  // Nothing to see: no pixels to fill.
  gl_Position = outside <= 0.0 ? vec4(0.0, 0.0, 2.0, 1.0) : uProjection * eye;
}
`;

export const GLOWS_FRAGMENT = /* glsl */ `
precision highp float;
uniform float uTints;
in vec2 vUnit;
flat in vec3 vColour;
flat in float vStrength;
out vec4 colour;

void main() {
  float fall = max(0.0, 1.0 - dot(vUnit, vUnit));
  float glow = 0.17 * fall * fall * fall;
  // In the dark: adds light, and as much cover as it takes to show over the page behind the canvas.
  vec3 light = vColour * vStrength * glow;
  // On a pale sky: lays a thin veil of its colour over it, which takes light away.
  float veil = 1.3 * vStrength * glow;
  colour = mix(vec4(light, max(light.r, max(light.g, light.b))), vec4(vColour * veil, veil), uTints);
}
`;

/** All glows at once, magnified onto the canvas. */
export const NEBULA_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
out vec2 vAt;

void main() {
  vAt = 0.5 * position.xy + 0.5;
  gl_Position = vec4(position, 1.0);
}
`;

export const NEBULA_FRAGMENT = /* glsl */ `
precision highp float;
uniform sampler2D uGlows;
in vec2 vAt;
out vec4 colour;

void main() {
  vec4 glows = texture(uGlows, vAt);
  // A grain of half a step hides the bands that so faint a slope shows on a dark ground.
  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
  colour = max(vec4(0.0), glows + grain * step(0.002, glows.a) / 255.0);
}
`;
