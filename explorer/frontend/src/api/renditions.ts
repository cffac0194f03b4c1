/** `small`: short side 320. `view`: long side 2,048. */
export type Rendition = "small" | "view";

/** The address of one rendition of one picture: a template with `{uuid}` and `{rendition}`, filled in. */
export function renditionUrl(template: string, uuid: string, rendition: Rendition): string {
  return template.replace("{uuid}", uuid).replace("{rendition}", rendition);
}
