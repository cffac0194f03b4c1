import { Fragment } from "react";
import { text } from "../text";
import { useGalaxy } from "./hooks";
import { isWebAddress } from "./web_address";

/** Whose pictures these are, and under which licence. */
export function Credits() {
  const credits = useGalaxy((state) => state.galaxy?.manifest.credits);
  if (credits === undefined || credits.length === 0) return null;
  return (
    <footer className="credits">
      {text.picturesBy}{" "}
      {credits.map((credit, i) => (
        <Fragment key={`${credit.text} ${credit.licence}`}>
          {i > 0 && "; "}
          {!isWebAddress(credit.url) ? credit.text : <a href={credit.url} target="_blank" rel="noreferrer">{credit.text}</a>}
          {credit.licence !== "" && `, ${credit.licence}`}
        </Fragment>
      ))}
    </footer>
  );
}
