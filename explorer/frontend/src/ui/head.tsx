import type { Face } from "../api/wire";
import { headLines } from "../math/head";

/** A small head, held as the face is. Of one whose turn nobody measured only eyes are drawn, to show how it leans. */
export function Head({ face }: { readonly face: Face }) {
  const { roll, pan, tilt } = face;
  if (roll === undefined) return null;
  const isTurnKnown = pan !== undefined && tilt !== undefined;
  const lines = headLines(pan ?? 0, tilt ?? 0);
  return (
    <svg className="head" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true" focusable="false">
      <g transform={`rotate(${roll}) scale(0.86 1.08)`}>
        <circle className="head-outline" r="1" />
        {isTurnKnown ? (
          <>
            <path d={lines.meridian} />
            <path d={lines.equator} />
            <circle className="head-nose" cx={lines.nose[0]} cy={lines.nose[1]} r="0.16" />
          </>
        ) : (
          <>
            <circle className="head-nose" cx="-0.38" cy="-0.12" r="0.13" />
            <circle className="head-nose" cx="0.38" cy="-0.12" r="0.13" />
          </>
        )}
      </g>
    </svg>
  );
}
