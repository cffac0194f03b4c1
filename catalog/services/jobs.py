"""Background work: what kinds there are, starting and cancelling it, and running it under a lease.

The job row is the truth. The queue only carries wake-ups: a wake-up too many finds nothing to claim, one too few is made up
for by the supervisor. What kinds there are, and how to wake a worker, is announced to this module when Django starts.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.models import User as Person
from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import permissions
from catalog.models import Collection, Galaxy, Job, JobStatus, Scope
from catalog.permissions import Verb
from catalog.services.errors import ServiceError
from catalog.services.heartbeat import Heartbeat
from catalog.services.job_notes import note_job
from catalog.services.leases import (
    Lease,
    claim_job,
    end_job,
    hand_back,
    renew_lease,
    request_cancel,
    take_back_expired,
    write_progress,
)
from catalog.services.progress import CancelledError

__all__ = [
    "JobKind",
    "JobRun",
    "cancel_job",
    "job_kinds",
    "recover_dead_jobs",
    "register_job_kind",
    "retry_job",
    "run_job",
    "set_wake_up",
    "start_job",
]

logger = logging.getLogger(__name__)

User = Person | AnonymousUser
WRITE_EVERY_S = 0.5  # a progress page looks about this often; more writes would only queue for SQLite's one lock


class JobRun:
    """A job while it runs: what the deed is given. Call `progress` between chunks of work."""

    def __init__(self, job: Job, lease: Lease) -> None:
        self.job = job
        self.params: dict[str, Any] = job.params
        self._lease = lease
        self._lease_lost = threading.Event()
        self._latest: tuple[str, int, int] = ("", 0, 0)
        self._written_at = -WRITE_EVERY_S
        self._noted_stages: set[str] = set()

    def progress(self, stage: str, done: int, total: int) -> None:
        """A `Progress`: raises CancelledError when somebody asked to cancel, or when the lease is lost."""
        new_stage = stage != self._latest[0]
        self._latest = (stage, done, total)
        if self._lease_lost.is_set():
            raise CancelledError("The lease is lost: another worker may run this job by now.")
        if not new_stage and time.monotonic() - self._written_at < WRITE_EVERY_S:
            return
        self._written_at = time.monotonic()
        if not write_progress(self._lease, stage, done, total, new_stage=new_stage):
            raise CancelledError("Somebody asked to cancel, or the lease is lost.")
        if stage and stage not in self._noted_stages:
            self._noted_stages.add(stage)
            self.note(f"{stage}: {total:,}" if total else stage)

    def note(self, text: str) -> None:
        """Write a line into the job's log, which people read on its page."""
        note_job(self.job, text)

    def renew(self) -> None:
        """Hold on to the lease; where it is lost, the next `progress` says so."""
        if not renew_lease(self._lease):
            self._lease_lost.set()

    def end(self, status: JobStatus, **values: Any) -> None:
        """Write how it ended, together with the last progress, which may not have been written yet."""
        _stage, done, total = self._latest
        if not end_job(self._lease, status, progress_done=max(done, 0), progress_total=max(total, 0), **values):
            logger.warning("Job %s lost its lease before it ended; another worker goes on with it.", self.job.uuid)
            return
        self.note(status.label)


@dataclass(frozen=True)
class JobKind:
    """A deed that can be done in the background. It may be killed anywhere and run again: it skips what is done."""

    name: str
    run: Callable[[JobRun], dict[str, Any]]
    """Does it, and answers with the job's result: small, JSON."""
    title: str
    """What people read."""
    queue: str = "long"
    """`short` for what people wait for (seconds), `long` for everything else."""
    verb: Verb = Verb.CURATE
    """What whoever starts or cancels it must be allowed to do with the collection."""
    scope: Scope | None = None
    """What a key needs to start or cancel it, if that is not write."""
    trusted_only: bool = False
    """Whether only a superuser may start it, whatever their role: it reaches beyond the collection."""
    consents: tuple[str, ...] = ()
    """Parameters by which somebody agreed to pay: they hold for one job, and trying again asks anew."""


_kinds: dict[str, JobKind] = {}
_wake_ups: list[Callable[[Job], None]] = []


def register_job_kind(kind: JobKind) -> None:
    """Announce a kind of job; called when Django starts. The same name twice replaces the first."""
    _kinds[kind.name] = kind


def job_kinds() -> dict[str, JobKind]:
    """Every kind there is, by name."""
    return dict(_kinds)


def set_wake_up(wake_up: Callable[[Job], None]) -> None:
    """Announce how a worker is told that a job waits; called when Django starts."""
    _wake_ups[:] = [wake_up]


def start_job(
    kind: str,
    params: dict[str, Any],
    *,
    by: User | None,
    collection: Collection | None = None,
    galaxy: Galaxy | None = None,
    queue: str = "",
) -> Job:
    """Queue a deed and wake a worker on commit.

    An equal job that still waits is answered instead of a second one, so that an impatient second click costs nothing.

    Parameters
    ----------
    kind
        The name of a registered kind.
    params
        Small JSON: ids and options, never contents.
    by
        Who asks; None is the house itself (commands, the supervisor). PermissionDenied when they may not.
    collection, galaxy
        What it is about; a galaxy brings its collection along.
    queue
        `short` or `long`, where this job is not as its kind is.
    """
    if kind not in _kinds:
        raise ServiceError(f"There is no job kind {kind!r}. There are: {', '.join(sorted(_kinds))}.")
    if galaxy is not None:
        collection = galaxy.collection
    _require(_kinds[kind], by, collection)
    alike = Job.objects.filter(
        kind=kind,
        params=params,
        collection=collection,
        galaxy=galaxy,
        status=JobStatus.QUEUED,
        cancel_requested_at=None,
    )
    with transaction.atomic():
        # Locked until the caller's transaction ends: claimed before, it would not see what the caller has written.
        if waiting := alike.select_for_update().first():
            return waiting
    job = Job.objects.create(
        kind=kind,
        params=params,
        collection=collection,
        galaxy=galaxy,
        queue=queue or _kinds[kind].queue,
        created_by=by if isinstance(by, Person) else None,
    )
    wake(job)
    return job


def cancel_job(job: Job, *, by: User | None) -> Job:
    """Ask a job to stop: at once if it waits, at the next safe point if it runs. One that has ended is left as it is."""
    _require(_kinds.get(job.kind), by, job.collection)
    request_cancel(job)
    job.refresh_from_db()
    note_job(job, f"{by or 'The house'} asked to cancel")
    return job


def retry_job(job: Job, *, by: User | None) -> Job:
    """Do again what failed or was cancelled, as a new job: an ended one stays what it is."""
    if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise ServiceError(
            f"Only a failed or cancelled job can be tried again; this one is {job.get_status_display()}."
        )
    kind = _kinds.get(job.kind)
    params = {name: value for name, value in job.params.items() if kind is None or name not in kind.consents}
    return start_job(job.kind, params, by=by, collection=job.collection, galaxy=job.galaxy)


def wake(job: Job) -> None:
    """Tell a worker, once the transaction is through, that a job waits."""
    for wake_up in _wake_ups:
        transaction.on_commit(partial(wake_up, job))


def recover_dead_jobs(*, dead_workers: frozenset[str] = frozenset()) -> list[Job]:
    """Queue again what dead workers left in the middle, and wake a worker for each; see `take_back_expired`."""
    jobs = take_back_expired(dead_workers=dead_workers)
    for job in jobs:
        logger.warning("The worker of job %s (%s) died; it is queued again.", job.uuid, job.kind)
        note_job(job, "Its worker died; it waits for another one to go on")
        wake(job)
    return jobs


def run_job(job_uuid: uuid.UUID, *, worker: str) -> None:
    """Claim a job and do it, to its end: what a worker does on a wake-up. Returns at once if there is nothing to claim.

    No transaction is open around the deed. What a person can mend (ServiceError) becomes the job's error as it is; anything
    else goes to the log with its traceback, and the job only says where to look: an exception's own text may hold paths.
    """
    lease = claim_job(job_uuid, worker=worker)
    if lease is None:
        return
    job = Job.objects.select_related("collection", "galaxy__collection").get(pk=lease.job_id)
    run = JobRun(job, lease)
    run.note(f"Attempt {job.attempt}, by the worker {worker}")
    with Heartbeat(run.renew, name=f"job {job.uuid}"):
        try:
            kind = _kinds.get(job.kind)
            if kind is None:
                raise ServiceError(f"This worker knows no job kind {job.kind!r}; is it older than the web process?")
            result = kind.run(run)
        except CancelledError:
            _end_cancelled(run)
        except ServiceError as error:
            run.end(JobStatus.FAILED, error=str(error) or type(error).__name__)
        except Exception as error:
            logger.exception("Job %s (%s) failed.", job.uuid, job.kind)
            run.end(
                JobStatus.FAILED,
                error=f"It failed unexpectedly ({type(error).__name__}). The worker's log tells more, under job {job.uuid}.",
            )
        except BaseException:
            # The worker was told to stop in the middle (SystemExit out of its signal handler): somebody else goes on.
            if hand_back(lease):
                run.note("Its worker was told to stop; it waits for another one to go on")
                wake(job)
            raise
        else:
            run.end(JobStatus.SUCCEEDED, result=result, error="")


def _end_cancelled(run: JobRun) -> None:
    """A deed that stopped was either asked to, or has lost its lease, and then its end is not ours to write."""
    run.job.refresh_from_db(fields=["cancel_requested_at"])
    if run.job.cancel_requested_at:
        run.end(JobStatus.CANCELLED)


def _require(kind: JobKind | None, by: User | None, collection: Collection | None) -> None:
    if by is None or permissions.is_trusted(by):
        return
    if kind is None or kind.trusted_only or collection is None:
        raise PermissionDenied("Only an administrator may start or cancel this.")
    permissions.require(by, kind.verb, collection, scope=kind.scope)
