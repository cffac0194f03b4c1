/** Why something could not be had: the server said no, it could not be reached, or what came is not what we read. */
export type WireErrorKind = "missing" | "forbidden" | "server" | "network" | "format" | "aborted";

/** An error of the wire, with the address asked for. The only kind of error that api/ raises. */
export class WireError extends Error {
  readonly kind: WireErrorKind;
  readonly url: string;

  constructor(kind: WireErrorKind, url: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WireError";
    this.kind = kind;
    this.url = url;
  }
}

/** Whatever was thrown, as a WireError. */
export function asWireError(error: unknown, url: string): WireError {
  if (error instanceof WireError) return error;
  if (error instanceof DOMException && error.name === "AbortError") {
    return new WireError("aborted", url, `The request for ${url} was given up.`, { cause: error });
  }
  const text = error instanceof Error ? error.message : String(error);
  return new WireError("network", url, `Expected an answer from ${url}, got none: ${text}`, { cause: error });
}
