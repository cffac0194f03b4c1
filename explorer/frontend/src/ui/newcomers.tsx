import { forgetNewcomers, showNewcomers } from "../actions/show_newcomers";
import { text } from "../text/en";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";

/** News of the pictures that have just flown in, and the way to them. It stays while they are lit, and closing it ends that. */
export function Newcomers() {
  const context = useActionContext();
  const n = useGalaxy((state) => state.nNewcomers);
  const isLit = useGalaxy((state) => state.litNewcomers !== null);
  const isInTheWay = useGalaxy((state) => state.tour !== null || state.selection !== null);
  if (n === 0 || isInTheWay) return null;
  return (
    <div className="newcomers glass" role="status">
      {text.newcomers(n)}
      {!isLit && <button type="button" className="button" onClick={() => { showNewcomers(context); }}>{text.showNewcomers}</button>}
      <button type="button" className="tool" aria-label={text.close} onClick={() => { forgetNewcomers(context); }}>
        <Icon name="close" />
      </button>
    </div>
  );
}
