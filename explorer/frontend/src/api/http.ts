import { asWireError, WireError, type WireErrorKind } from "./errors";

/** Called once with the bytes to expect (0 if the server does not say), then with the bytes that arrived. */
export type OnBytes = (arrived: number, expected: number) => void;

function kindOfStatus(status: number): WireErrorKind {
  if (status === 404 || status === 410) return "missing";
  return status === 401 || status === 403 ? "forbidden" : "server";
}

async function fetchOk(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) {
    throw new WireError(kindOfStatus(response.status), url, `Expected ${url}, the server answered ${response.status}.`);
  }
  return response;
}

async function readBody(response: Response, onBytes: OnBytes): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  onBytes(0, Number(response.headers.get("Content-Length") ?? 0));
  const parts: Uint8Array[] = [];
  const reader = response.body.getReader();
  let size = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    parts.push(step.value);
    size += step.value.byteLength;
    onBytes(step.value.byteLength, 0);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/**
 * Decompresses gzip, told by its magic bytes, and hands anything else back as it is: a store may already have
 * decompressed on the way (django-storages sets Content-Encoding on names that end in .gz, a plain file server does not).
 */
export async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Goes past the browser's cache: for the one file that changes. */
  readonly fresh?: boolean;
  readonly onBytes?: OnBytes;
}

/** The bytes behind an address, decompressed. Raises WireError. */
export async function fetchBytes(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  let body: Uint8Array;
  try {
    const { signal, fresh, onBytes } = options;
    const response = await fetchOk(url, { cache: fresh ? "no-cache" : "default", ...(signal ? { signal } : {}) });
    body = await readBody(response, onBytes ?? (() => undefined));
  } catch (error) {
    throw asWireError(error, url);
  }
  try {
    return await gunzip(body);
  } catch (error) {
    throw new WireError("format", url, `Expected gzip from ${url}, it does not decompress. Publish the galaxy again.`, { cause: error });
  }
}

/** The JSON behind an address. Raises WireError. */
export async function fetchJson(url: string, options: FetchOptions = {}): Promise<unknown> {
  return parseJson(await fetchBytes(url, options), url);
}

/** The JSON in a file that came from an address. Raises WireError. */
export function parseJson(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch (error) {
    throw new WireError("format", url, `Expected JSON from ${url}, got something else. Publish the galaxy again.`, { cause: error });
  }
}

/** A picture behind an address, decoded off the main thread. Raises WireError. */
export async function fetchBitmap(url: string, signal: AbortSignal, options?: ImageBitmapOptions): Promise<ImageBitmap> {
  try {
    const response = await fetchOk(url, { signal });
    return await createImageBitmap(await response.blob(), options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") {
      throw new WireError("format", url, `Expected a picture from ${url}, it does not decode.`, { cause: error });
    }
    throw asWireError(error, url);
  }
}
