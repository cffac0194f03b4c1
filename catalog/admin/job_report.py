"""How far a job is, in words and numbers that a person can trust."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.timezone import localtime

from catalog.models import Job, JobStatus
from catalog.services.jobs import job_kinds
from catalog.services.time_left import estimate_left

__all__ = ["describe_duration", "job_title", "report_job", "report_notes"]

NOTES_SHOWN = 100


def job_title(job: Job) -> str:
    """What people call this kind of job."""
    kind = job_kinds().get(job.kind)
    return kind.title if kind else job.kind.replace("_", " ").capitalize()


def describe_duration(duration: timedelta) -> str:
    """In seconds below two minutes, in minutes below two hours, then in hours and minutes."""
    seconds = max(round(duration.total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def report_job(job: Job, now: datetime) -> dict[str, Any]:
    """All that the progress page shows and refreshes, ready for JSON."""
    left = estimate_left(job, now)
    started = job.started_at
    return {
        "status": job.status,
        "status_text": _status_text(job),
        "is_ended": job.is_ended,
        "stage": job.stage,
        "done": job.progress_done,
        "total": job.progress_total,
        "counts": _counts(job),
        "waited": f"{timesince(job.created_at, now, depth=1)} ago",
        "elapsed": describe_duration((job.finished_at or now) - started) if started else "not started yet",
        "left": _left_text(job, left),
        "attempt": f"{job.attempt} of at most {job.max_attempts}",
        "error": job.error,
        "result": [
            {"name": _result_name(name, job.result), "value": _result_text(value)} for name, value in job.result.items()
        ],
        "can_cancel": not job.is_ended and job.cancel_requested_at is None,
        "can_retry": job.status in {JobStatus.FAILED, JobStatus.CANCELLED},
        "progress_url": reverse("admin:catalog_job_progress", args=[job.pk]),
    }


def report_notes(job: Job) -> list[dict[str, str]]:
    """The last lines of its log, oldest first: when, in the site's time zone, and what."""
    notes = reversed(job.notes.order_by("-pk")[:NOTES_SHOWN])
    return [{"at": localtime(note.at).strftime("%Y-%m-%d %H:%M:%S"), "text": note.text} for note in notes]


def _status_text(job: Job) -> str:
    if job.cancel_requested_at and not job.is_ended:
        return "Stopping at the next safe point"
    if job.status == JobStatus.QUEUED:
        return "Waiting for a worker" if job.attempt == 0 else "Its worker died; waiting for another one to go on"
    return str(job.get_status_display())


def _counts(job: Job) -> str:
    if job.progress_total:
        return f"{job.progress_done:,} of {job.progress_total:,}"
    return f"{job.progress_done:,}" if job.progress_done else ""


def _left_text(job: Job, left: timedelta | None) -> str:
    if job.is_ended:
        return "–"
    return "not known yet" if left is None else f"about {describe_duration(left)} for this stage"


def _result_name(name: str, result: dict[str, Any]) -> str:
    """`n_refused` is "refused"; the list `refused` beside it "refused, which"."""
    words = name.removeprefix("n_").replace("_", " ")
    return f"{words}, which" if f"n_{name}" in result else words


def _row_text(row: Any) -> str:
    if isinstance(row, dict) and "message" in row:
        return f"{row.get('location', '')}: {row['message']}"  # a refusal
    return " – ".join(map(str, row)) if isinstance(row, list) else str(row)


def _result_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return "\n".join(map(_row_text, value)) or "none"
    if isinstance(value, dict):
        return "\n".join(f"{name}: {_result_text(inner)}" for name, inner in value.items()) or "none"
    return str(value)
