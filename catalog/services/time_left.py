"""How long a job will still take, where that can be said."""

from datetime import datetime, timedelta

from catalog.models import Job, JobStatus

__all__ = ["estimate_left"]

# A rate taken over less time than this says more about start-up than about the work.
LEAST_OBSERVED = timedelta(seconds=3)


def estimate_left(job: Job, now: datetime) -> timedelta | None:
    """Time until this stage ends, from its own rate so far; None where nothing honest can be said.

    Other stages still to come are not in it: nobody knows their pace yet.
    """
    if job.status != JobStatus.RUNNING or job.stage_started_at is None:
        return None
    observed = now - job.stage_started_at
    if observed < LEAST_OBSERVED or not 0 < job.progress_done <= job.progress_total:
        return None
    return observed * ((job.progress_total - job.progress_done) / job.progress_done)
