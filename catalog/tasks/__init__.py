"""The queue's side of background work: the wake-up, the catalog's kinds of jobs, and keeping the queue tidy.

The queue is Django tasks' database backend by default, Redis where `REDIS_URL` is set; any other backend only has to deliver
wake-ups.
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

from catalog.models import Job, JobStatus
from catalog.redis_queue import RedisBackend
from catalog.services import jobs
from catalog.tasks import batches, clusters, decide, library, out, search, teach
from catalog.tasks.subjects import collection_of, galaxy_of

__all__ = ["collection_of", "enqueue_wake_up", "galaxy_of", "register", "tidy_queue", "wake_up"]

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
    for module in (library, decide, teach, clusters, search, batches, out):
        for kind in module.KINDS:
            jobs.register_job_kind(kind)


def tidy_queue() -> int:
    """Make up for lost wake-ups, and clear away those whose worker died and those long done. Returns how many were lost."""
    backend: object = task_backends["default"]
    if isinstance(backend, RedisBackend):
        woken = {job_uuid for name in backend.queues for job_uuid in backend.queue.waiting(name)}
    elif isinstance(backend, DatabaseBackend):
        woken = _tidy_rows()
    else:
        return 0  # another backend keeps its own house; asked here, every waiting job would seem to lack its wake-up
    waiting = Job.objects.filter(status=JobStatus.QUEUED, created_at__lt=timezone.now() - WAKE_UP_GRACE)
    lost = [job for job in waiting if job.uuid not in woken]
    for job in lost:
        transaction.on_commit(partial(enqueue_wake_up, job))
    return len(lost)


def _tidy_rows() -> set[UUID]:
    """Clear away the rows of the queue in the database; answers which jobs have a wake-up that waits.

    django-tasks-db never takes back what a killed worker was running, so such rows would be shown as running for ever.
    """
    now = timezone.now()
    ours = DBTaskResult.objects.filter(task_path=wake_up.module_path)
    ours.finished().filter(finished_at__lt=now - KEEP_FINISHED).delete()
    stale = ours.running().filter(started_at__lt=now - timedelta(seconds=settings.GALAXY_LEASE_S))
    alive = set(Job.objects.filter(status=JobStatus.RUNNING).values_list("uuid", "worker"))
    dead = [row.pk for row in stale if (_job_uuid(row), (row.worker_ids or [""])[-1]) not in alive]
    ours.running().filter(pk__in=dead).update(
        status=TaskResultStatus.FAILED, finished_at=now, traceback="The worker died; the job tells what became of it."
    )
    return {_job_uuid(row) for row in ours.filter(status=TaskResultStatus.READY)}


def _job_uuid(row: DBTaskResult[Any, Any]) -> UUID:
    return UUID(row.args_kwargs["args"][0])
