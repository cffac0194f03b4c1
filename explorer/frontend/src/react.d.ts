import "react";

declare module "react" {
  interface CSSProperties {
    /** Width over height of the picture in the panel. */
    "--ratio"?: number;
  }
}
