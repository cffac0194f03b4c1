/** What a person can say of many pictures at once. */
export type Verdict = "reject" | "accept" | "add";

/** What is to be said: a label's term and the verdict, or that the pictures are hidden. */
export interface Deed {
  readonly kind: Verdict | "hide";
  /** Empty for hiding. */
  readonly term: string;
  readonly reason: string;
}

/** How far it has come. */
export type AuditPhase =
  | { readonly status: "choosing" }
  /** Uuids are fetched, or the server works. */
  | { readonly status: "working" }
  /** The server has counted; a person has to agree. */
  | { readonly status: "asking"; readonly deed: Deed; readonly uuids: readonly string[]; readonly nImages: number }
  | { readonly status: "done"; readonly change: string; readonly nImages: number; readonly isUndone: boolean }
  | { readonly status: "failed"; readonly message: string };

/** Looking through pictures in space and correcting many at once, by people who may. */
export interface Audit {
  /** The points that are meant. */
  readonly points: readonly number[];
  /** Whether the pointer draws a line around pictures now, instead of turning the galaxy. */
  readonly isDrawing: boolean;
  readonly phase: AuditPhase;
  /** The `matches` that it lit, and those that it put out; null: none. */
  readonly lit: Uint8Array | null;
  readonly before: Uint8Array | null;
}
