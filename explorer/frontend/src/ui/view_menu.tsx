import { useEffect, useId, useRef, useState } from "react";
import type { Action } from "../actions/context";
import { toggleColouring } from "../actions/toggle_colouring";
import { toggleFlat } from "../actions/toggle_flat";
import { toggleLines } from "../actions/toggle_lines";
import { startTour, toggleTour } from "../actions/tour";
import { text } from "../text/en";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";

/** How the galaxy is shown: a button that unfolds the choices. Escape and a click elsewhere fold them up again. */
export function ViewMenu() {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return undefined;
    const onElsewhere = (event: Event): void => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", onElsewhere, true);
    document.addEventListener("focusin", onElsewhere);
    return () => {
      document.removeEventListener("pointerdown", onElsewhere, true);
      document.removeEventListener("focusin", onElsewhere);
    };
  }, [isOpen]);
  const onKey = (event: React.KeyboardEvent): void => {
    if (event.key !== "Escape" || !isOpen) return;
    // Prevented: to the page, Escape would close something else as well.
    event.preventDefault();
    setOpen(false);
    button.current?.focus();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape, from the buttons inside
    <div ref={menu} className="view-menu" onKeyDown={onKey}>
      <button ref={button} type="button" className="tool" aria-expanded={isOpen} aria-controls={id} aria-label={text.viewMenu} onClick={() => { setOpen(!isOpen); }}>
        <Icon name="view" />
        <span className="wide-only">{text.viewMenu}</span>
      </button>
      {isOpen && <Choices id={id} close={() => { setOpen(false); }} />}
    </div>
  );
}

function Choices({ id, close }: { readonly id: string; readonly close: () => void }) {
  const context = useActionContext();
  const layout = useGalaxy((state) => state.layout);
  const colouring = useGalaxy((state) => state.colouring);
  const linesShown = useGalaxy((state) => state.linesShown);
  const hasFlat = useGalaxy((state) => (state.galaxy?.manifest.flat ?? null) !== null);
  const hasTour = toggleTour.isEnabled?.(context) ?? true;
  return (
    <div id={id} className="view-choices glass">
      {hasFlat && (
        <Pair name={text.layout} action={toggleFlat} choices={[[text.inSpace, layout === "space"], [text.flat, layout === "flat"]]} />
      )}
      <Pair name={text.pointColours} action={toggleColouring} choices={[[text.byCluster, colouring === "cluster"], [text.byPicture, colouring === "mean"]]} />
      <button type="button" className="view-choice" aria-pressed={linesShown} onClick={() => { toggleLines.perform(context); }}>
        <span className="switch" aria-hidden="true" />
        {text.lines}
        <Key action={toggleLines} />
      </button>
      {hasTour && (
        <button type="button" className="view-choice" data-tour onClick={() => { close(); startTour(context); }}>
          <Icon name="tour" />
          {text.tour}
          <Key action={toggleTour} />
        </button>
      )}
    </div>
  );
}

/** One of two: a button each, the chosen one pressed. */
function Pair({ name, action, choices }: { readonly name: string; readonly action: Action; readonly choices: readonly (readonly [label: string, isChosen: boolean])[] }) {
  const context = useActionContext();
  return (
    <div className="view-pair" role="group" aria-label={name}>
      <span className="quiet small">{name} <Key action={action} /></span>
      <span className="view-segments">
        {choices.map(([label, isChosen]) => (
          <button key={label} type="button" aria-pressed={isChosen} onClick={() => { if (!isChosen) action.perform(context); }}>
            {label}
          </button>
        ))}
      </span>
    </div>
  );
}

function Key({ action }: { readonly action: Action }) {
  return <kbd className="view-key" aria-hidden="true">{action.keys[0]?.toUpperCase()}</kbd>;
}
