import { toggleList } from "../actions/toggle_list";
import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";

/** The first stops for Tab, seen while they have the focus: past the chrome, and to the list for those whom space does not help. */
export function SkipLinks() {
  const context = useActionContext();
  const isSpace = useGalaxy((state) => state.view === "space");
  const skipToList = (): void => {
    if (isSpace) toggleList.perform(context);
    // It comes with the next drawing.
    requestAnimationFrame(() => { document.getElementById("list")?.focus(); });
  };
  return (
    <nav className="skip-links" aria-label={text.skip}>
      <button type="button" className="skip button" onClick={skipToList}>{text.skipToList}</button>
      {isSpace && (
        <button type="button" className="skip button" onClick={() => { document.querySelector<HTMLElement>(".space")?.focus(); }}>{text.skipToSpace}</button>
      )}
    </nav>
  );
}
