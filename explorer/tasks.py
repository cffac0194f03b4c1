"""The explorer's kinds of background jobs, announced to the catalog."""

from typing import Any

from catalog.models import Collection
from catalog.permissions import Verb
from catalog.services.jobs import JobKind, JobRun, register_job_kind, start_job
from catalog.signals import annotations_changed
from catalog.tasks import galaxy_of
from explorer.services import publish_galaxy, republish_galaxy


def register() -> None:
    """Announce the explorer's kinds; called once, when Django starts."""
    register_job_kind(JobKind("publish_galaxy", run_publish, "Publish the galaxy", queue="short", verb=Verb.CURATE))
    register_job_kind(JobKind("republish_galaxy", run_republish, "Bring what is published up to date"))
    annotations_changed.connect(republish_galaxies_of, dispatch_uid="explorer.republish_galaxies_of")


def run_publish(run: JobRun) -> dict[str, Any]:
    """Publish the newest build of the job's galaxy; `despite_safe_search` is what whoever started it said."""
    despite = bool(run.params.get("despite_safe_search"))
    result = publish_galaxy(galaxy_of(run), by=run.job.created_by, despite_safe_search=despite, progress=run.progress)
    return result.as_json()


def run_republish(run: JobRun) -> dict[str, Any]:
    """Publish the published build of the job's galaxy anew."""
    result = republish_galaxy(galaxy_of(run), progress=run.progress)
    return result.as_json() if result else {"created": False}


def republish_galaxies_of(sender: object, collection: Collection, **_rest: object) -> None:
    """Start a job for each published galaxy of a collection about whose images something new is known."""
    for galaxy in collection.galaxies.filter(current_publication__isnull=False):
        start_job("republish_galaxy", {}, by=None, galaxy=galaxy)
