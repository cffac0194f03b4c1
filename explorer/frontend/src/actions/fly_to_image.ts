import type { ActionContext } from "./context";
import { selectImage } from "./select_image";

/** Flies to a picture and opens it. */
export function flyToImage(context: ActionContext, index: number): void {
  void selectImage(context, index);
  context.store.setState({ flight: { to: "image", index } });
}
