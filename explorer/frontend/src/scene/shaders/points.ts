/** Round points in their cluster's colour: lit from the middle, dimmer with depth, never smaller than a pixel or so. */
export const POINTS_VERTEX = /* glsl */ `
precision highp float;
precision highp sampler2D;
uniform mat4 uView, uProjection;
uniform vec3 uOrigin;
uniform float uExtent, uFocal, uMinDiameter, uDisc, uPicture, uFogNear, uFogFar, uGone;
uniform sampler2D uPalette;
// Quantized position; cluster and aspect share the fourth number. Eight bytes a point.
in vec4 position;
out vec3 vColour;
out float vDiameter;

void main() {
  vec4 eye = uView * vec4(uOrigin + position.xyz * uExtent, 1.0);
  float depth = max(-eye.z, 1e-6);
  // Behind the picture that may come to lie on it.
  gl_Position = uProjection * (eye - vec4(0.0, 0.0, 0.02 * uPicture, 0.0));
  int packed = int(position.w * 65535.0 + 0.5);
  vec4 palette = texelFetch(uPalette, ivec2(packed & 255, 0), 0);
  // The disc of a long picture is no higher than the picture, so that the picture hides it.
  float ratio = exp2((float(packed >> 8) - 128.0) / 32.0);
  float radius = min(uDisc, 0.45 * uPicture * min(ratio, 1.0 / ratio));
  vDiameter = max(uMinDiameter, 2.0 * radius * uFocal / depth);
  gl_PointSize = vDiameter + 2.0;
  // So near that it would fill the view: out of the way.
  if (uPicture * uFocal / depth >= uGone) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
  float fog = 1.0 - 0.62 * smoothstep(uFogNear, uFogFar, depth);
  vColour = palette.rgb * fog * palette.a;
}
`;

export const POINTS_FRAGMENT = /* glsl */ `
precision highp float;
in vec3 vColour;
in float vDiameter;
out vec4 colour;

void main() {
  float d = length(gl_PointCoord - 0.5) * (vDiameter + 2.0);
  float radius = 0.5 * vDiameter;
  float alpha = clamp(radius - d + 0.5, 0.0, 1.0);
  if (alpha < 0.08) discard;
  float light = mix(1.12, 0.74, smoothstep(0.0, radius, d));
  colour = vec4(vColour * light * alpha, alpha);
}
`;
