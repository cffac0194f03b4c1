import { useState } from "react";
import { addressOf } from "../actions/address";
import { renditionUrl } from "../api/renditions";
import { text } from "../text/en";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";

/** What can be done with the selected picture. */
export function PanelFoot({ uuid }: { readonly uuid: string }) {
  const { config } = useActionContext();
  const canDownload = useGalaxy((state) => state.galaxy?.manifest.downloads ?? false);
  const [copied, setCopied] = useState<{ uuid: string; message: string } | null>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(addressOf(uuid));
      setCopied({ uuid, message: text.linkCopied });
    } catch {
      // Refused, or a page without HTTPS has no clipboard.
      setCopied({ uuid, message: text.linkFailed });
    }
  };
  return (
    <div className="panel-foot">
      <button type="button" className="tool" onClick={() => void copy()}>
        <Icon name="link" />
        {text.copyLink}
      </button>
      {canDownload && (
        <a className="tool" href={renditionUrl(config.rendition_url, uuid, "view")} download={`${uuid}.jpg`}>
          <Icon name="download" />
          {text.download}
        </a>
      )}
      {config.image_admin_url !== null && (
        <a className="tool" href={config.image_admin_url.replace("{uuid}", uuid)}>
          <Icon name="edit" />
          {text.edit}
        </a>
      )}
      <span className="quiet small" role="status">
        {copied?.uuid === uuid ? copied.message : ""}
      </span>
    </div>
  );
}
