import type { WireErrorKind } from "../api/errors";
import type { JobKind, Jobs } from "./jobs";

/** From the page to the worker: something to do, or that nobody wants it any more. */
export type Request =
  | { readonly [Kind in JobKind]: { readonly id: number; readonly kind: Kind; readonly job: Jobs[Kind]["job"] } }[JobKind]
  | { readonly id: number; readonly kind: "abandon" };

/** From the worker to the page: bytes on the way, then the end of one kind or the other. */
export type Answer =
  | { readonly id: number; readonly kind: "bytes"; readonly arrived: number; readonly expected: number }
  | { readonly id: number; readonly kind: "done"; readonly result: Jobs[JobKind]["result"] }
  | { readonly id: number; readonly kind: "failed"; readonly error: { readonly kind: WireErrorKind; readonly url: string; readonly message: string } };
