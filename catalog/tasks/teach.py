"""Jobs that teach labels by example."""

from typing import Any

from catalog.models import Image
from catalog.services.apply_taught import apply_taught_labels
from catalog.services.embeddings import visual_vectors
from catalog.services.jobs import JobKind, JobRun, start_job
from catalog.services.teach import APPLY_TAUGHT, train_label
from catalog.services.vector_table import count_unseen
from catalog.tasks.subjects import collection_of


def run_train(run: JobRun) -> dict[str, Any]:
    """Learn the label `term` from the decisions about it; what of the library has not been looked at is looked at by another job."""
    collection = collection_of(run)
    version = train_label(collection, term=str(run.params["term"]), by=run.job.created_by, progress=run.progress)
    if count_unseen(collection):
        start_job("look_at_images", {}, by=run.job.created_by, collection=collection)
    return {
        "term": str(version.taught),
        "taught": str(version.taught.uuid),
        "version": version.number,
        "n_accepts": version.n_accepts,
        "n_rejects": version.n_rejects,
        "cut_off": version.cut_off,
        "n_above": version.n_above,
    }


def run_apply(run: JobRun) -> dict[str, Any]:
    """Let the accepted taught labels of the job's collection speak of all its images."""
    return apply_taught_labels(collection_of(run), progress=run.progress).as_json()


def run_look(run: JobRun) -> dict[str, Any]:
    """Look at the pictures of the job's collection that nobody has looked at, so that they can be compared."""
    collection = collection_of(run)
    images = Image.objects.filter(collection=collection, current_revision__isnull=False)
    ids = list(images.order_by("pk").values_list("pk", flat=True))
    vectors = visual_vectors(collection, ids, progress=run.progress)
    return {"n_images": len(ids), "n_unreadable": int((~vectors.any(axis=1)).sum())}


KINDS: tuple[JobKind, ...] = (
    JobKind("train_label", run_train, "Teach a label", queue="short"),
    JobKind(APPLY_TAUGHT, run_apply, "Apply taught labels"),
    JobKind("look_at_images", run_look, "Look at the pictures"),
)
