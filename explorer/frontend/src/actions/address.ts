import { text } from "../text/en";
import { watch } from "../store/store";
import type { ActionContext } from "./context";
import { flyToImage } from "./fly_to_image";

const IMAGE = /^#image=([0-9a-f-]{36})$/i;

/** The address of this page with a picture open. */
export function addressOf(uuid: string, page: Location = window.location): string {
  return `${page.origin}${page.pathname}${page.search}#image=${uuid}`;
}

/** Opens the picture that the address names, if it names one. */
export async function openAddress(context: ActionContext, hash: string): Promise<void> {
  const uuid = IMAGE.exec(hash)?.[1]?.toLowerCase();
  const { galaxy, selection } = context.store.getState();
  if (uuid === undefined || galaxy === null || selection?.uuid === uuid) return;
  let index = -1;
  try {
    index = await galaxy.find(uuid);
  } catch {
    context.store.setState({ notice: text.pictureUnknown });
    return;
  }
  if (index >= 0) flyToImage(context, index);
  else context.store.setState({ announcement: text.unknownPicture, notice: text.unknownPicture });
}

/** Keeps the address and the selection alike, both ways. Returns what ends it. */
export function followAddress(context: ActionContext, page: Window): () => void {
  const onHash = (): void => { void openAddress(context, page.location.hash); };
  page.addEventListener("hashchange", onHash);
  const unwatch = watch(context.store, (state) => state.selection, (selection) => {
    const { pathname, search } = page.location;
    page.history.replaceState(null, "", selection === null ? `${pathname}${search}` : `#image=${selection.uuid}`);
  });
  return () => {
    page.removeEventListener("hashchange", onHash);
    unwatch();
  };
}
