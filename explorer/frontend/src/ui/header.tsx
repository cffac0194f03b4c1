import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";

/** The way home, the galaxy's title and how much is in it. */
export function Header() {
  const { config } = useActionContext();
  const galaxy = useGalaxy((state) => state.galaxy);
  return (
    <header className="header">
      {config.home_url !== null && (
        <a className="home-link" href={config.home_url}>
          <Icon name="back" />
          {text.home}
        </a>
      )}
      <h1>{galaxy?.manifest.galaxy.title ?? config.galaxy.title}</h1>
      {galaxy !== null && <p className="count">{text.pictures(galaxy.manifest.n_images)}</p>}
    </header>
  );
}
