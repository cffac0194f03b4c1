import { changesOf, toggleAudit } from "../actions/audit";
import type { Action } from "../actions/context";
import { focusSearch } from "../actions/focus_search";
import { goHome } from "../actions/go_home";
import { toggleHelp } from "../actions/toggle_help";
import { toggleList } from "../actions/toggle_list";
import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";
import { ViewMenu } from "./view_menu";

/** What can be done with the view as a whole. */
export function Toolbar() {
  const context = useActionContext();
  const view = useGalaxy((state) => state.view);
  const gl = useGalaxy((state) => state.gl);
  const isHelpOpen = useGalaxy((state) => state.helpOpen);
  const canSearch = useGalaxy((state) => state.search.isPossible === true);
  const isAuditing = useGalaxy((state) => state.audit !== null);
  const perform = (action: Action) => () => {
    action.perform(context);
  };
  return (
    <section className="toolbar glass" aria-label={text.tools}>
      {canSearch && (
        <button type="button" className="tool narrow-only" onClick={perform(focusSearch)} aria-label={text.search} title="/">
          <Icon name="search" />
        </button>
      )}
      {view === "space" && (
        <button type="button" className="tool" onClick={perform(goHome)} title={`${text.homeView} (H)`}>
          <Icon name="home" />
          <span className="wide-only">{text.homeView}</span>
          <span className="narrow-only unseen">{text.homeView}</span>
        </button>
      )}
      <ViewMenu />
      {changesOf(context) !== null && (
        <button type="button" className="tool wide-only" onClick={perform(toggleAudit)} aria-pressed={isAuditing} aria-label={text.audit.title} title={`${text.audit.title} (X)`}>
          <Icon name="lasso" />
        </button>
      )}
      {gl !== "missing" && (
        <button type="button" className="tool" onClick={perform(toggleList)} aria-label={view === "space" ? text.listView : text.spaceView} title="L">
          <Icon name={view === "space" ? "list" : "space"} />
          <span className="wide-only">{view === "space" ? text.listView : text.spaceView}</span>
        </button>
      )}
      <button type="button" className="tool" onClick={perform(toggleHelp)} aria-expanded={isHelpOpen} aria-label={text.help} title={`${text.help} (?)`}>
        <Icon name="help" />
      </button>
    </section>
  );
}
