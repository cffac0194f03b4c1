/** What the page tells the front end (Django's, or the one beside a copied galaxy), in `<script type="application/json" id="galaxy-config">`. */
export interface Config {
  readonly galaxy: { readonly uuid: string; readonly slug: string; readonly title: string };
  readonly pointer_url: string;
  /** With `{uuid}` and `{rendition}` to fill in. */
  readonly rendition_url: string;
  /** Where explorer-worker.js lies; null: parse on the page's own thread. */
  readonly worker_url: string | null;
  /** All galaxies; null for a galaxy that lies alone in a folder or a bucket. */
  readonly home_url: string | null;
  readonly api_url: string | null;
  /** With `{uuid}` to fill in; null for visitors who may not edit. */
  readonly image_admin_url: string | null;
  /** Slug of the collection in which this visitor may correct labels, by the API; null or absent: none. */
  readonly collection?: string | null;
  /** Whether the page stands somewhere by itself, and begins a tour when nobody touches it; `?kiosk=1` says the same. */
  readonly kiosk?: boolean;
  /** The language to speak unless the address says another, as Django chose it for this visitor. Absent (a copied galaxy): the browser's. */
  readonly language?: string;
}

/** Reads the page's configuration. Raises an Error when the page was built without it. */
export function readConfig(page: Document): Config {
  const text = page.getElementById("galaxy-config")?.textContent;
  if (!text) {
    throw new Error('Expected a <script type="application/json" id="galaxy-config"> in the page, found none.');
  }
  return JSON.parse(text) as Config;
}
