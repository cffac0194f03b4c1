"""Mark and sweep: objects that no kept publication names go, some time after they were written."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from catalog.models import ArtifactPart, Galaxy, PublicationObject
from catalog.services.chunks import in_chunks
from catalog.services.media import storage_of
from catalog.services.progress import Progress, ignore_progress
from explorer.services.sinks import list_objects_with_times
from explorer.services.turns import publishing_turn
from explorer.services.upload_pool import UploadPool, upload_threads

__all__ = ["GRACE", "SweepResult", "sweep_objects"]

# So long may an interrupted publication wait to be gone on with.
GRACE = timedelta(days=1)
CHUNK = 500


@dataclass(frozen=True)
class SweepResult:
    """How many objects there were, and how many went."""

    n_objects: int
    n_deleted: int

    def as_json(self) -> dict[str, object]:
        """For a job's result."""
        return {"n_objects": self.n_objects, "n_deleted": self.n_deleted}


def sweep_objects(galaxy: Galaxy, *, grace: timedelta = GRACE, progress: Progress = ignore_progress) -> SweepResult:
    """Delete the objects that no kept publication names and that were written longer than `grace` ago.

    It waits for a publication under way to end, and the next one waits for it. What is known of parts goes before their objects,
    so that a kill in between leaves objects that the next sweep finds, and never a part that is believed to be there.
    """
    storage, prefix = storage_of("galaxies"), f"{galaxy.uuid}/"
    with publishing_turn(galaxy, "sweeping", progress=progress) as turn:
        written_at = list_objects_with_times(galaxy)
        named = PublicationObject.objects.filter(publication__galaxy=galaxy).values_list("storage_name", flat=True)
        unnamed = sorted(written_at.keys() - {name.removeprefix(prefix) for name in named.iterator(10_000)})
        written_before = timezone.now() - grace
        n_deleted = 0
        for chunk in in_chunks(unnamed, CHUNK):
            turn.progress("Sweeping", n_deleted, len(unnamed))
            old = [prefix + name for name in chunk if written_at[name] <= written_before]
            ArtifactPart.objects.filter(galaxy=galaxy, storage_name__in=old).delete()
            turn.require()
            with UploadPool(upload_threads(storage)) as pool:
                for name in old:
                    pool.submit(partial(storage.delete, name))
            n_deleted += len(old)
        return SweepResult(len(written_at), n_deleted)
