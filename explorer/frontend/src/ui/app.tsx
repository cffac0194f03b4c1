import { useEffect, useRef } from "react";
import type { ActionContext } from "../actions/context";
import { text } from "../text";
import { Announcer } from "./announcer";
import { AuditPanel } from "./audit_panel";
import { ClusterList } from "./cluster_list";
import { Credits } from "./credits";
import { OpenInFull } from "./embedded";
import { Header } from "./header";
import { Help } from "./help";
import { GalaxyContext, useGalaxy } from "./hooks";
import { ListView } from "./list_view";
import { Newcomers } from "./newcomers";
import { Panel } from "./panel";
import { Search } from "./search";
import { SkipLinks } from "./skip_links";
import { Notice, Status } from "./status";
import { Toolbar } from "./toolbar";
import { TourCaption } from "./tour_caption";

/** Everything around the drawn galaxy. `space` is the element that the scene draws into; here it only gets its place in the tab order. */
export function App({ context, space }: { readonly context: ActionContext; readonly space: HTMLElement }) {
  return (
    <GalaxyContext value={context}>
      <NameSpace space={space} />
      <Page />
    </GalaxyContext>
  );
}

function Page() {
  const phase = useGalaxy((state) => state.phase);
  const view = useGalaxy((state) => state.view);
  const selection = useGalaxy((state) => state.selection);
  const embedded = useGalaxy((state) => state.embedded);
  const isTouring = useGalaxy((state) => state.tour !== null);
  const isReady = phase === "ready";
  return (
    <>
      {isReady && <SkipLinks />}
      {!embedded && <Header />}
      {isReady && <Search />}
      {isReady && <Toolbar />}
      <Notice />
      {isReady && selection !== null && <Panel />}
      {isReady && selection === null && <AuditPanel />}
      {isReady && view === "space" && !isTouring && <ClusterList />}
      {isReady && view === "list" && <ListView />}
      {!isReady && <Status />}
      {isReady && view === "space" && <Newcomers />}
      {isReady && isTouring && <TourCaption />}
      {isReady && <Credits />}
      {embedded && <OpenInFull />}
      <Help />
      <Announcer />
    </>
  );
}

/** Makes the drawn galaxy reachable by Tab, with a name, while there is something to fly through. */
function NameSpace({ space }: { readonly space: HTMLElement }) {
  const galaxy = useGalaxy((state) => state.galaxy);
  const isShown = useGalaxy((state) => state.phase === "ready" && state.view === "space");
  const element = useRef(space);
  useEffect(() => {
    const node = element.current;
    if (!isShown || galaxy === null) {
      node.removeAttribute("tabindex");
      node.parentElement?.removeAttribute("role");
      return;
    }
    node.parentElement?.setAttribute("role", "main");
    node.tabIndex = 0;
    // An application: arrow keys and Enter are ours, not the screen reader's.
    node.setAttribute("role", "application");
    node.setAttribute("aria-label", text.canvas(galaxy.manifest.galaxy.title));
  }, [galaxy, isShown]);
  return null;
}
