"""Jobs that import what other software sends."""

from typing import Any

from catalog.models import Batch
from catalog.permissions import Verb
from catalog.services.batches import IMPORT_BATCH, import_batch
from catalog.services.errors import ServiceError
from catalog.services.jobs import JobKind, JobRun
from catalog.tasks.subjects import collection_of


def run_batch(run: JobRun) -> dict[str, Any]:
    """Import what of `batch` still waits into the job's collection."""
    batch = Batch.objects.filter(collection=collection_of(run), uuid=run.params["batch"]).first()
    if batch is None:
        raise ServiceError("This batch is not there any more. Send it again.")
    return import_batch(batch, progress=run.progress)


KINDS: tuple[JobKind, ...] = (
    # Its sender polls: it does not wait until a layout of an hour is through.
    JobKind(IMPORT_BATCH, run_batch, "Import a batch", queue="short", verb=Verb.CONTRIBUTE),
)
