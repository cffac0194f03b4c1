"""What people decided about many images, carried out and taken back in the background."""

from typing import Any

from catalog.models import Change
from catalog.services.decide import apply_change, undo_change
from catalog.services.errors import ServiceError
from catalog.services.jobs import JobKind, JobRun


def run_apply(run: JobRun) -> dict[str, Any]:
    """Carry out the `change` of the job's collection, from where it was left."""
    change = _change_of(run)
    apply_change(change, progress=run.progress)
    return {"change": str(change.uuid), "n_images": change.n_images}


def run_undo(run: JobRun) -> dict[str, Any]:
    """Take the `change` of the job's collection back, from where that was left."""
    change = _change_of(run)
    undo_change(change, by=run.job.created_by, progress=run.progress)
    return {"change": str(change.uuid), "n_images": change.n_images}


def _change_of(run: JobRun) -> Change:
    change = Change.objects.filter(collection=run.job.collection, uuid=str(run.params["change"])).first()
    if change is None:
        raise ServiceError("This change is not there any more; its collection may have been deleted and made anew.")
    return change


KINDS: tuple[JobKind, ...] = (
    JobKind("apply_change", run_apply, "Carry out a change"),
    JobKind("undo_change", run_undo, "Take a change back"),
)
