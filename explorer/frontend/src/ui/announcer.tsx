import { useGalaxy } from "./hooks";

/** Says to a screen reader what was just done. */
export function Announcer() {
  const announcement = useGalaxy((state) => state.announcement);
  return (
    <div className="unseen" role="status" aria-live="polite">
      {announcement}
    </div>
  );
}
