import type { Deed } from "../store/audit_state";

/** The server said no, in its own words. */
export class ChangeError extends Error {}

/** What the server tells of a change. */
export interface Change {
  readonly uuid: string;
  readonly n_images: number;
  /** False while a job makes or undoes it. */
  readonly complete: boolean;
}

/** Where changes are made, and in which collection. */
export interface ChangesAddress {
  /** Of the API, with a slash at its end. */
  readonly api_url: string;
  /** Slug. */
  readonly collection: string;
}

const POLL_MS = 1500;

/** Counts the images that a deed would be about, of those named. Raises ChangeError. */
export async function previewChange({ api_url, collection }: ChangesAddress, deed: Deed, uuids: readonly string[]): Promise<number> {
  const answer = await send<{ n_images: number }>("POST", `${api_url}changes/preview/`, { collection, images: uuids, ...wordsOf(deed) });
  return answer.n_images;
}

/** Makes it, if it is still about so many images; a large one goes on in a job. Raises ChangeError. */
export async function makeChange({ api_url, collection }: ChangesAddress, deed: Deed, uuids: readonly string[], expectedN: number): Promise<Change> {
  const body = { collection, images: uuids, reason: deed.reason, expected_n: expectedN, ...wordsOf(deed) };
  return whenComplete(api_url, await send<Change>("POST", `${api_url}changes/`, body));
}

/** Takes a whole change back. Raises ChangeError. */
export async function undoChange({ api_url }: ChangesAddress, uuid: string): Promise<Change> {
  return whenComplete(api_url, await send<Change>("POST", `${api_url}changes/${uuid}/undo/`, {}));
}

function wordsOf({ kind, term }: Deed): object {
  return kind === "hide" ? { hidden: true } : { decisions: [{ term, verdict: kind }] };
}

/** Waits while a job is at it. */
async function whenComplete(apiUrl: string, change: Change): Promise<Change> {
  let now = change;
  while (!now.complete) {
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
    now = await send<Change>("GET", `${apiUrl}changes/${change.uuid}/`);
  }
  return now;
}

/** The token that Django wants back with every writing request, from the cookie that came with the page. */
function csrfToken(): string {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

async function send<T>(method: "GET" | "POST", url: string, body?: object): Promise<T> {
  let response: Response;
  try {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    response = await fetch(url, { method, headers, credentials: "same-origin", ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch (error) {
    throw new ChangeError("", { cause: error });
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new ChangeError(detailOf(answer));
  return answer as T;
}

/** What a problem document (RFC 9457) says for people; empty: nothing. */
function detailOf(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return "";
  const { detail, title } = answer as { detail?: unknown; title?: unknown };
  return typeof detail === "string" ? detail : typeof title === "string" ? title : "";
}
