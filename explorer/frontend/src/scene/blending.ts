import { CustomBlending, OneFactor, OneMinusSrcAlphaFactor } from "three";

/** How every pass lies over what was drawn before it: colours come multiplied with their cover. */
export const PREMULTIPLIED = { transparent: true, blending: CustomBlending, blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor } as const;
