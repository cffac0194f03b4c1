/** A faint glow around each cluster, so that far away it reads as one body. Fades as one flies into it. */
export const NEBULA_VERTEX = /* glsl */ `
precision highp float;
precision highp sampler2D;
uniform mat4 uView, uProjection;
uniform float uFogNear, uFogFar;
uniform sampler2D uPalette;
in vec2 corner;
in vec4 ball;     // centre, radius
in float cluster;
out vec2 vUnit;
flat out vec3 vColour;
flat out float vStrength;

void main() {
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

export const NEBULA_FRAGMENT = /* glsl */ `
precision highp float;
uniform float uTints;
in vec2 vUnit;
flat in vec3 vColour;
flat in float vStrength;
out vec4 colour;

void main() {
  float fall = max(0.0, 1.0 - dot(vUnit, vUnit));
  float glow = 0.17 * fall * fall * fall;
  // A grain of half a step hides the bands that so faint a slope shows on a dark ground.
  float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
  grain *= step(0.002, glow) / 255.0;
  // In the dark: adds light, and as much cover as it takes to show over the page behind the canvas.
  vec3 light = max(vec3(0.0), vColour * vStrength * glow + grain);
  // On a pale sky: lays a thin veil of its colour over it, which takes light away.
  float veil = max(0.0, 1.3 * vStrength * glow + grain);
  colour = mix(vec4(light, max(light.r, max(light.g, light.b))), vec4(vColour * veil, veil), uTints);
}
`;
