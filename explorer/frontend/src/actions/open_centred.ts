import { text } from "../text";
import type { Action } from "./context";
import { flyToImage } from "./fly_to_image";

export const openCentred: Action = {
  name: "open",
  label: text.does.open,
  keys: ["Enter"],
  isEnabled: ({ stage }) => stage !== null,
  perform: (context) => {
    const index = context.stage?.centredPicture() ?? -1;
    if (index >= 0) flyToImage(context, index);
  },
};
