import { declineUpdate, showUpdate } from "../actions/follow_publication";
import { load } from "../actions/load";
import { retry } from "../actions/retry";
import { toggleList } from "../actions/toggle_list";
import { text } from "../text";
import { useActionContext, useGalaxy } from "./hooks";
import { Icon } from "./icons";

/** What stands in the middle while there is no galaxy to see. */
export function Status() {
  const phase = useGalaxy((state) => state.phase);
  if (phase === "loading") return <Loading />;
  if (phase === "error") return <LoadError />;
  return (
    <main className="status">
      <h2>{text.empty}</h2>
      <p>{text.emptyMore}</p>
    </main>
  );
}

function Loading() {
  const { arrived, expected } = useGalaxy((state) => state.progress);
  // A server that compresses on the way says no length, or a smaller one: then the bar only shows that bytes come.
  const share = expected > 0 ? Math.min(1, arrived / expected) : undefined;
  return (
    <main className="status">
      <p>{text.loading}</p>
      <progress aria-label={text.loading} {...(share === undefined ? {} : { value: share })} />
      <p className="quiet number">{text.loaded(arrived / 1e6)}</p>
    </main>
  );
}

function LoadError() {
  const context = useActionContext();
  const error = useGalaxy((state) => state.error);
  return (
    <main className="status" role="alert">
      <h2>{text.errorTitle}</h2>
      <p>{text.errors[error?.kind ?? "network"]}</p>
      <button
        type="button"
        className="button"
        onClick={() => {
          void load(context);
        }}
      >
        {text.retry}
      </button>
      {error !== null && <p className="quiet small" lang="en">{error.message}</p>}
    </main>
  );
}

/** A line at the top: something is not as it should be, and the page goes on. Offers to try again, and the list, which needs less. */
export function Notice() {
  const context = useActionContext();
  const gl = useGalaxy((state) => state.gl);
  const notice = useGalaxy((state) => state.notice);
  const isStalled = useGalaxy((state) => state.isStalled);
  const canList = useGalaxy((state) => state.phase === "ready" && state.view === "space");
  const isUpdateOffered = useGalaxy((state) => state.isUpdateOffered && state.phase !== "error");
  const isLost = gl === "lost";
  const message = isLost ? text.glLost : isStalled ? (navigator.onLine ? text.stalled : text.offline) : notice;
  if (message === "" && isUpdateOffered) return <Update />;
  if (message === "") return null;
  return (
    <div className="notice glass" role="status">
      {message}
      {isLost && <button type="button" className="button" onClick={() => { window.location.reload(); }}>{text.reload}</button>}
      {!isLost && isStalled && <button type="button" className="button" onClick={() => { retry(context); }}>{text.retry}</button>}
      {(isLost || isStalled) && canList && <button type="button" className="button" onClick={() => { toggleList.perform(context); }}>{text.showList}</button>}
      {!isLost && (
        <button type="button" className="tool" aria-label={text.close} onClick={() => { context.store.setState({ notice: "", isStalled: false }); }}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}

/** There is a newer publication: whoever is in the middle of something goes on with this one. */
function Update() {
  const context = useActionContext();
  return (
    <div className="notice glass" role="status">
      {text.updated}
      <button type="button" className="button" onClick={() => { showUpdate(window); }}>{text.showUpdate}</button>
      <button type="button" className="tool" aria-label={text.close} onClick={() => { declineUpdate(context); }}>
        <Icon name="close" />
      </button>
    </div>
  );
}
