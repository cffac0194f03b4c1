import { text } from "../text";

/** The raw AnnotateImageResponse, where it is published. */
export function PanelDocument({ document }: { readonly document: Readonly<Record<string, unknown>> | undefined }) {
  if (document === undefined) return <p className="quiet">{text.documentMissing}</p>;
  return (
    // Scrolled by keys, so it must be able to have the focus.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrollable region
    <pre className="document" tabIndex={0} role="region" aria-label={text.tabs.document}>{JSON.stringify(document, null, 2)}</pre>
  );
}
