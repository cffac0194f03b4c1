import { toggleBoxes } from "../actions/toggle_boxes";
import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";

/** Shows or hides what was found, on the picture in the panel and in the viewer alike. */
export function BoxesToggle() {
  const context = useActionContext();
  const isShown = useGalaxy((state) => state.boxesShown);
  return (
    <button
      type="button"
      className="boxes-toggle"
      aria-pressed={isShown}
      title={text.boxesTitle}
      onClick={() => {
        toggleBoxes.perform(context);
      }}
    >
      <Icon name="boxes" />
      {text.boxes}
    </button>
  );
}
