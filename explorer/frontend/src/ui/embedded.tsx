import { text } from "../text/en";
import { Icon } from "./icons";

/** In a frame of another page: the way to the same view in a page of its own. */
export function OpenInFull() {
  const aim = (event: React.SyntheticEvent<HTMLAnchorElement>): void => {
    // The address holds the view, and changes without this component hearing of it.
    event.currentTarget.href = fullAddress(window.location);
  };
  return (
    <a className="open-in-full glass" href={fullAddress(window.location)} target="_blank" rel="noopener" onPointerDown={aim} onFocus={aim}>
      <Icon name="full" />
      {text.openInFull}
    </a>
  );
}

/** The address of this page without what makes it small. */
export function fullAddress({ origin, pathname, search, hash }: Location): string {
  const parameters = new URLSearchParams(search);
  parameters.delete("embed");
  parameters.delete("kiosk");
  const rest = parameters.toString();
  return `${origin}${pathname}${rest === "" ? "" : `?${rest}`}${hash}`;
}
