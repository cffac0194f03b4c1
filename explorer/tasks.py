"""The explorer's kinds of background jobs, announced to the catalog."""

from typing import Any

from catalog.permissions import Verb
from catalog.services.jobs import JobKind, JobRun, register_job_kind
from catalog.tasks import galaxy_of
from explorer.services import publish_galaxy


def register() -> None:
    """Announce the explorer's kinds; called once, when Django starts."""
    register_job_kind(JobKind("publish_galaxy", run_publish, "Publish the galaxy", queue="short", verb=Verb.CURATE))


def run_publish(run: JobRun) -> dict[str, Any]:
    """Publish the newest build of the job's galaxy."""
    return publish_galaxy(galaxy_of(run), by=run.job.created_by, progress=run.progress).as_json()
