import { text } from "../text";
import type { Action } from "./context";
import { endAudit } from "./audit";
import { clearSearch } from "./search";
import { closeSimilar } from "./strip";

/** Escape: closes what lies on top, one thing at a time; last of all it ends the focus on a cluster. */
export const close: Action = {
  name: "close",
  label: text.does.close,
  keys: ["Escape"],
  perform: (context) => {
    const { store } = context;
    const { helpOpen, viewerOpen, strip, selection, search, audit } = store.getState();
    store.setState({ selecting: -1 });
    if (helpOpen) store.setState({ helpOpen: false });
    else if (viewerOpen) store.setState({ viewerOpen: false });
    else if (strip?.kind === "similar") closeSimilar(context);
    else if (selection !== null) store.setState({ selection: null, details: null, litMark: null, announcement: text.announceClosed });
    else if (audit !== null) endAudit(context);
    else if (search.text !== "") clearSearch(context);
    else store.setState({ focusedCluster: null });
  },
};
