"""The log of a job: what happened along the way, for whoever asks afterwards why it took so long, or what it left out."""

from catalog.models import Job, JobNote

__all__ = ["MAX_NOTES", "note_job"]

MAX_NOTES = 500
MAX_LENGTH = 500


def note_job(job: Job, text: str) -> None:
    """Write a line; the five hundredth says that there was more, and none comes after it."""
    n_notes = JobNote.objects.filter(job=job).count()
    if n_notes >= MAX_NOTES:
        return
    if n_notes == MAX_NOTES - 1:
        text = f"From here on nothing more is noted: a log has at most {MAX_NOTES} lines."
    JobNote.objects.create(job=job, text=" ".join(text.split())[:MAX_LENGTH])
