import { fetchPointer, type Galaxy } from "../api/galaxy";
import { text } from "../text";
import type { ActionContext } from "./context";
import { leaveOutWithdrawn } from "./search";
import { dropStrip } from "./strip";

/** How often the pointer is read again while the page is looked at. */
export const CHECK_MS = 10 * 60_000;

/** Reads the pointer again when the page comes into view and every ten minutes while it is. Returns what ends it. */
export function followPublication(context: ActionContext, page: Window): () => void {
  const { document } = page;
  const check = (): void => {
    if (document.visibilityState === "visible") void checkPublication(context);
  };
  document.addEventListener("visibilitychange", check);
  const timer = setInterval(check, CHECK_MS);
  return () => {
    document.removeEventListener("visibilitychange", check);
    clearInterval(timer);
  };
}

/** Asks what has become of the publication that is shown: hides what is withdrawn, offers a newer one. Fetches the pointer, and a few files more only to find newly withdrawn images. */
export async function checkPublication(context: ActionContext): Promise<void> {
  const { store } = context;
  const { galaxy } = store.getState();
  if (galaxy === null) return;
  try {
    const { manifest, withdrawn } = await fetchPointer(galaxy.base);
    if (store.getState().galaxy !== galaxy) return;
    const newer = manifest === galaxy.name ? "" : manifest;
    if (newer !== store.getState().newerPublication) store.setState({ newerPublication: newer, isUpdateOffered: newer !== "" });
    await hideWithdrawn(context, galaxy, withdrawn);
  } catch {
    // Without a connection nobody is told anything new; the next time asks again for all of it.
  }
}

/** Lets withdrawn images vanish: at once what the page shows by name, and points as soon as it is known which they are. Raises WireError. */
async function hideWithdrawn(context: ActionContext, galaxy: Galaxy, withdrawn: readonly string[]): Promise<void> {
  const { store } = context;
  if (withdrawn.length === 0) return;
  const hiding = galaxy.hide(withdrawn);
  closeWithdrawn(context, galaxy);
  await hiding;
  if (store.getState().galaxy !== galaxy) return;
  leaveOutWithdrawn(context);
  store.setState({ nWithdrawn: withdrawn.length });
}

function closeWithdrawn(context: ActionContext, galaxy: Galaxy): void {
  const { store } = context;
  const { selection, strip, tour } = store.getState();
  store.setState({ hovered: -1, hoveredTitle: "" });
  if (strip !== null && galaxy.isWithdrawn(strip.of.uuid)) dropStrip(context);
  else if (strip !== null) store.setState({ strip: { ...strip, items: strip.items.filter(({ uuid }) => !galaxy.isWithdrawn(uuid)) } });
  if (tour !== null) store.setState({ tour: { ...tour, pictures: tour.pictures.filter((uuid) => !galaxy.isWithdrawn(uuid)) } });
  if (selection !== null && galaxy.isWithdrawn(selection.uuid)) {
    store.setState({ selection: null, details: null, litMark: null, viewerOpen: false, notice: text.pictureWithdrawn, announcement: text.pictureWithdrawn });
  }
}

/** Shows the newer publication: opens the page anew at the same address, which holds the view. */
export function showUpdate(page: Window): void {
  page.location.reload();
}

/** Nobody wants it now; the next newer one is offered again. */
export function declineUpdate({ store }: ActionContext): void {
  store.setState({ isUpdateOffered: false });
}
