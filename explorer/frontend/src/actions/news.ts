import type { Galaxy } from "../api/galaxy";

function storedAs(galaxy: Galaxy): string {
  return `galaxy.seen.${galaxy.manifest.galaxy.uuid}`;
}

/** Whether this browser has not shown this publication yet. */
export function isNews(galaxy: Galaxy): boolean {
  try {
    // The tables' name is a hash of all parts: another publication, another name.
    return window.localStorage.getItem(storedAs(galaxy)) !== galaxy.manifest.tables;
  } catch {
    return true; // a browser that keeps nothing for this page
  }
}

/** Remembers that this publication has been shown. */
export function rememberSeen(galaxy: Galaxy): void {
  try {
    window.localStorage.setItem(storedAs(galaxy), galaxy.manifest.tables);
  } catch {
    // Then its newcomers fly in again the next time.
  }
}
