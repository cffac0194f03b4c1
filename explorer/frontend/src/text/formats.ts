/** Numbers, shares, dates and enumerations as a language writes them. */
export interface Formats {
  readonly count: (n: number) => string;
  readonly decimal: (value: number, digits: number) => string;
  /** Of a share, 0 to 1. */
  readonly percent: (share: number) => string;
  readonly list: (parts: readonly string[]) => string;
  /** A date as far as it is known (1923, 1923-05, 1923-05-01, perhaps with a time, which is left out); anything else as it is. */
  readonly date: (date: string) => string;
}

/** @param locale - a BCP 47 tag */
export function formatsOf(locale: string): Formats {
  const count = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC" });
  const list = new Intl.ListFormat(locale);
  return {
    count: (n) => count.format(n),
    decimal: (value, digits) => value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    percent: (share) => percent.format(share),
    list: (parts) => list.format(parts),
    date: (date) => {
      const known = /^(\d{4})-(\d\d)(?:-(\d\d))?/.exec(date);
      if (known === null) return date;
      const [, y, m, d] = known;
      return (d === undefined ? month : day).format(Date.UTC(Number(y), Number(m) - 1, Number(d ?? 1)));
    },
  };
}
