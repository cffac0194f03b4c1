import { text } from "../text";
import type { Action } from "./context";

export const focusSearch: Action = {
  name: "search",
  label: text.does.search,
  keys: ["/"],
  isEnabled: ({ store }) => store.getState().search.isPossible === true,
  perform: ({ store }) => {
    store.setState(({ search }) => ({ search: { ...search, isOpen: true, nFocused: search.nFocused + 1 } }));
  },
};
