/** Only http addresses become links: the text comes from wherever the picture came from. */
export function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
