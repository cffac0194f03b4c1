import { KEY_ACTIONS } from "../actions/keyboard";
import { text } from "../text";
import { useActionContext, useGalaxy, useModal } from "./hooks";
import { Icon } from "./icons";

const KEY_NAMES: Readonly<Record<string, string>> = { Escape: "Esc", ArrowLeft: "←", ArrowRight: "→" };

type Rows = readonly (readonly [what: string, does: string])[];

const KEY_ROWS: Rows = [...text.flyKeys, ...KEY_ACTIONS.filter((action) => !action.name.startsWith("zoom")).map((action) => [action.keys.map(keyName).join(", "), action.label] as const)];

function keyName(key: string): string {
  return KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

/** How to get around, by mouse, touch and keys. A real dialog: the browser keeps the focus in it and gives it back. */
export function Help() {
  const { store } = useActionContext();
  const isOpen = useGalaxy((state) => state.helpOpen);
  const dialog = useModal(isOpen);
  const hide = (): void => {
    store.setState({ helpOpen: false });
  };
  return (
    <dialog ref={dialog} className="help glass" aria-labelledby="help-title" onClose={hide}>
      <div className="help-head">
        <h2 id="help-title">{text.helpTitle}</h2>
        <button type="button" className="tool" aria-label={text.close} onClick={hide}>
          <Icon name="close" />
        </button>
      </div>
      <div className="help-columns">
        <div className="help-pointers">
          <HelpTable title={text.helpMouseTitle} rows={text.helpMouse} />
          <HelpTable title={text.helpTouchTitle} rows={text.helpTouch} />
        </div>
        <HelpTable title={text.helpKeysTitle} rows={KEY_ROWS} isKeys />
      </div>
    </dialog>
  );
}

function HelpTable({ title, rows, isKeys = false }: { readonly title: string; readonly rows: Rows; readonly isKeys?: boolean }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className="help-rows">
        {rows.map(([what, does]) => (
          <div key={what}>
            <dt>{isKeys ? <kbd>{what}</kbd> : what}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
