"""The queue's side of background work: the wake-up, the catalog's kinds of jobs, and keeping the queue tidy.

The queue is Django tasks' database backend by default; any other backend only has to deliver wake-ups.
"""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskContext, TaskResultStatus, task, task_backends
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from catalog.models import Collection, Galaxy, Job, JobStatus
from catalog.permissions import Verb
from catalog.services import jobs
from catalog.services.annotate import annotate_images, annotator_of, wanted_features
from catalog.services.annotation_units import units_of_job
from catalog.services.build import build_galaxy
from catalog.services.build_update import update_galaxy
from catalog.services.duplicates import find_near_duplicates
from catalog.services.errors import ServiceError
from catalog.services.jobs import JobKind, JobRun
from catalog.services.labels import recompute_collection_labels
from catalog.services.skeleton import place_images
from catalog.services.sources import import_source, open_source
from catalog.services.uploads import IMPORT_UPLOAD, import_upload

WAKE_UP_GRACE = timedelta(seconds=5)  # from a job's row to its wake-up's, which is written on commit
KEEP_FINISHED = timedelta(days=1)  # of wake-ups; how a job went is told by the job


@task(queue_name="long", takes_context=True)
def wake_up(context: TaskContext, job_uuid: str) -> None:
    """Run the job, unless somebody else does."""
    workers = context.task_result.worker_ids
    jobs.run_job(UUID(job_uuid), worker=workers[-1] if workers else "unknown")


def enqueue_wake_up(job: Job) -> None:
    """Put a wake-up into the job's queue."""
    wake_up.using(queue_name=job.queue).enqueue(str(job.uuid))


def register() -> None:
    """Announce the catalog's kinds of jobs and how workers are woken; called once, when Django starts."""
    jobs.set_wake_up(enqueue_wake_up)
    for kind in (
        # A folder of the server's own disk, a bucket that the server's account may read: whoever names it may read there.
        JobKind("import_source", run_import, "Import", verb=Verb.MANAGE, trusted_only=True),
        JobKind(IMPORT_UPLOAD, run_upload, "Import an upload", verb=Verb.CONTRIBUTE),
        JobKind("annotate_images", run_annotate, "Annotate images", consents=("max_units", "unknown")),
        JobKind("find_near_duplicates", run_duplicates, "Find near-duplicates"),
        JobKind("recompute_labels", run_recompute, "Apply the minimum score"),
        JobKind("build_galaxy", run_build, "Build the galaxy"),
        JobKind("update_galaxy", run_update, "Add new images"),
        JobKind("place_images", run_place, "Place images around a skeleton"),
    ):
        jobs.register_job_kind(kind)


def run_import(run: JobRun) -> dict[str, Any]:
    """Import `source`, anything that `open_source` takes, into the job's collection."""
    source = open_source(str(run.params["source"]))
    keep = bool(run.params.get("keep_originals"))
    return import_source(collection_of(run), source, keep_originals=keep, progress=run.progress).as_json()


def run_upload(run: JobRun) -> dict[str, Any]:
    """Import what waits in `upload` into the job's collection."""
    return import_upload(collection_of(run), str(run.params["upload"]), progress=run.progress)


def run_annotate(run: JobRun) -> dict[str, Any]:
    """Annotate what of the job's collection is not annotated yet: one of the annotator's stages, and a job for the next one.

    What costs money was confirmed as `max_units`, and no more is taken, however many attempts and stages it needs. `unknown`
    asks again what was lost before the job was started.
    """
    collection, stage = collection_of(run), int(run.params.get("stage", 0))
    max_units = run.params.get("max_units")
    if max_units is None and annotator_of(collection).prices is not None:
        raise ServiceError(
            f"Annotating with {collection.annotator} costs money, and nobody has agreed to it. Start it from the collection's page."
        )
    result = annotate_images(
        collection,
        stage=stage,
        unknown=bool(run.params.get("unknown")),
        since=run.job.created_at,
        max_units=max_units,
        job_uuid=run.job.uuid,
        by=run.job.created_by,
        progress=run.progress,
    )
    if not result.stopped and stage + 1 < len(wanted_features(collection, annotator_of(collection))):
        left = {} if max_units is None else {"max_units": max_units - units_of_job(run.job.uuid)}
        following = {**run.params, "stage": stage + 1, **left}
        jobs.start_job("annotate_images", following, by=run.job.created_by, collection=collection)
    return result.as_json()


def run_duplicates(run: JobRun) -> dict[str, Any]:
    """Group the images of the job's collection that look nearly the same."""
    return find_near_duplicates(collection_of(run), progress=run.progress).as_json()


def run_recompute(run: JobRun) -> dict[str, Any]:
    """Derive the effective labels of the job's collection anew, after its settings changed."""
    return {"n_images": recompute_collection_labels(collection_of(run), progress=run.progress)}


def run_build(run: JobRun) -> dict[str, Any]:
    """Build the job's galaxy; `force` builds it even when nothing changed."""
    return build_galaxy(galaxy_of(run), force=bool(run.params.get("force")), progress=run.progress).as_json()


def run_update(run: JobRun) -> dict[str, Any]:
    """Place what is new in the job's galaxy, and move nothing else."""
    return update_galaxy(galaxy_of(run), progress=run.progress).as_json()


def run_place(run: JobRun) -> dict[str, Any]:
    """Place a batch of a skeleton's build: images from `first` to `last`."""
    first, last = int(run.params["first"]), int(run.params["last"])
    return place_images(galaxy_of(run), int(run.params["build"]), first, last, progress=run.progress).as_json()


def collection_of(run: JobRun) -> Collection:
    """The collection that the job is about."""
    if run.job.collection is None:
        raise ServiceError(f"A job of the kind {run.job.kind} needs a collection, but this one names none.")
    return run.job.collection


def galaxy_of(run: JobRun) -> Galaxy:
    """The galaxy that the job is about."""
    if run.job.galaxy is None:
        raise ServiceError(f"A job of the kind {run.job.kind} needs a galaxy, but this one names none.")
    return run.job.galaxy


def tidy_queue() -> int:
    """Make up for lost wake-ups, and clear away those whose worker died and those long done. Returns how many were lost.

    django-tasks-db never takes back what a killed worker was running, so such rows would be shown as running for ever.
    """
    backend: object = task_backends["default"]
    if not isinstance(backend, DatabaseBackend):
        return 0  # another backend keeps its own house; asked here, every waiting job would seem to lack its wake-up
    now = timezone.now()
    ours = DBTaskResult.objects.filter(task_path=wake_up.module_path)
    ours.finished().filter(finished_at__lt=now - KEEP_FINISHED).delete()
    stale = ours.running().filter(started_at__lt=now - timedelta(seconds=settings.GALAXY_LEASE_S))
    alive = set(Job.objects.filter(status=JobStatus.RUNNING).values_list("uuid", "worker"))
    dead = [row.pk for row in stale if (_job_uuid(row), (row.worker_ids or [""])[-1]) not in alive]
    ours.running().filter(pk__in=dead).update(
        status=TaskResultStatus.FAILED, finished_at=now, traceback="The worker died; the job tells what became of it."
    )
    woken = {_job_uuid(row) for row in ours.filter(status=TaskResultStatus.READY)}
    waiting = Job.objects.filter(status=JobStatus.QUEUED, created_at__lt=now - WAKE_UP_GRACE)
    lost = [job for job in waiting if job.uuid not in woken]
    for job in lost:
        transaction.on_commit(partial(enqueue_wake_up, job))
    return len(lost)


def _job_uuid(row: DBTaskResult[Any, Any]) -> UUID:
    return UUID(row.args_kwargs["args"][0])
