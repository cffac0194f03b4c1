"""A job's transitions, as drawn in the docstring of Job: each is one conditional UPDATE, so that two can never both happen."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from catalog.models import Job, JobStatus

__all__ = [
    "Lease",
    "cancel_unclaimed",
    "claim_job",
    "end_job",
    "hand_back",
    "renew_lease",
    "request_cancel",
    "take_back_expired",
    "write_progress",
]

NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_expires_at": None}


@dataclass(frozen=True)
class Lease:
    """The right to run a job and to write how far it is; held by one worker at a time."""

    job_id: int
    token: uuid.UUID


def claim_job(job_uuid: uuid.UUID, *, worker: str) -> Lease | None:
    """queued -> running: the lease, or None when the job is not waiting (a wake-up too many does no harm)."""
    token, now = uuid.uuid4(), timezone.now()
    claimed = Job.objects.filter(
        uuid=job_uuid, status=JobStatus.QUEUED, cancel_requested_at=None, attempt__lt=F("max_attempts")
    ).update(
        status=JobStatus.RUNNING,
        attempt=F("attempt") + 1,
        worker=worker[:100],
        started_at=now,
        lease_token=token,
        lease_expires_at=_lease_end(now),
        stage="",
        progress_done=0,
        progress_total=0,
        stage_started_at=None,
    )
    return Lease(job_id=Job.objects.get(uuid=job_uuid).pk, token=token) if claimed else None


def renew_lease(lease: Lease) -> bool:
    """Hold on for another GALAXY_LEASE_S seconds; False when the lease is lost."""
    return bool(_held(lease).update(lease_expires_at=_lease_end(timezone.now())))


def write_progress(lease: Lease, stage: str, done: int, total: int, *, new_stage: bool) -> bool:
    """Note how far the job is, and renew the lease; False when the lease is lost or somebody asked to cancel."""
    now = timezone.now()
    started: dict[str, Any] = {"stage_started_at": now} if new_stage else {}
    return bool(
        _held(lease)
        .filter(cancel_requested_at=None)
        .update(
            stage=stage[:100],
            progress_done=max(done, 0),
            progress_total=max(total, 0),
            lease_expires_at=_lease_end(now),
            **started,
        )
    )


def end_job(lease: Lease, status: JobStatus, **values: Any) -> bool:
    """running -> succeeded, failed or cancelled; False when the lease is lost, and somebody else's word counts."""
    return bool(_held(lease).update(status=status, finished_at=timezone.now(), **NO_LEASE, **values))


def hand_back(lease: Lease) -> bool:
    """running -> queued, by a worker that was told to stop; that is no death and does not count as an attempt."""
    return bool(_held(lease).update(status=JobStatus.QUEUED, attempt=F("attempt") - 1, worker="", **NO_LEASE))


def request_cancel(job: Job) -> None:
    """Ask a job to stop: one that waits ends here and now, one that runs at its next safe point."""
    Job.objects.filter(pk=job.pk, status__in=[JobStatus.QUEUED, JobStatus.RUNNING], cancel_requested_at=None).update(
        cancel_requested_at=timezone.now()
    )
    cancel_unclaimed(Q(pk=job.pk))


def cancel_unclaimed(condition: Q | None = None) -> int:
    """queued -> cancelled, for those that were asked to stop."""
    waiting = Job.objects.filter(condition or Q(), status=JobStatus.QUEUED, cancel_requested_at__isnull=False)
    return waiting.update(status=JobStatus.CANCELLED, finished_at=timezone.now())


def take_back_expired(*, dead_workers: frozenset[str] = frozenset()) -> list[Job]:
    """What runs under an expired lease, or at a worker known to be dead: -> queued, or failed, or cancelled.

    Returns
    -------
    list of Job
        Those that are queued again and need a wake-up. Each dead run is found by one caller only, however many look.
    """
    now = timezone.now()
    dead = Q(lease_expires_at__lt=now) | Q(worker__in=dead_workers)
    requeued = []
    for job in Job.objects.filter(dead, status=JobStatus.RUNNING):
        if job.lease_token is None:  # the table forbids it
            continue
        # Renewed meanwhile means alive after all: the condition is part of the update.
        row = _held(Lease(job.pk, job.lease_token)).filter(dead)
        row.filter(cancel_requested_at__isnull=False).update(
            status=JobStatus.CANCELLED, finished_at=now, worker="", **NO_LEASE
        )
        row.filter(attempt__gte=F("max_attempts")).update(
            status=JobStatus.FAILED,
            finished_at=now,
            error=f"Its worker died {job.attempt} times in the middle. What was done is kept; look into the worker's log "
            "and the machine's memory before it is started again.",
            **NO_LEASE,
        )
        if row.update(status=JobStatus.QUEUED, worker="", **NO_LEASE):
            requeued.append(job)
    cancel_unclaimed()
    return requeued


def _held(lease: Lease) -> QuerySet[Job]:
    return Job.objects.filter(pk=lease.job_id, lease_token=lease.token, status=JobStatus.RUNNING)


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.GALAXY_LEASE_S)
