/** Lines in their cluster's colour, dimmer with depth and where the cluster steps back. */
export const LINES_VERTEX = /* glsl */ `
precision highp float;
precision highp sampler2D;
uniform mat4 uView, uProjection;
uniform float uFogNear, uFogFar, uStrength;
uniform sampler2D uPalette;
in vec3 position;
in float cluster;
out vec3 vColour;

void main() {
  vec4 eye = uView * vec4(position, 1.0);
  gl_Position = uProjection * eye;
  vec4 palette = texelFetch(uPalette, ivec2(int(cluster + 0.5), 0), 0);
  float fog = 1.0 - 0.62 * smoothstep(uFogNear, uFogFar, -eye.z);
  vColour = mix(palette.rgb, vec3(1.0), 0.25) * palette.a * fog * uStrength;
}
`;

export const LINES_FRAGMENT = /* glsl */ `
precision highp float;
in vec3 vColour;
out vec4 colour;

void main() {
  colour = vec4(vColour * 0.55, 0.55 * max(vColour.r, max(vColour.g, vColour.b)));
}
`;
