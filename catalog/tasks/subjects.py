"""What a job is about."""

from catalog.models import Collection, Galaxy
from catalog.services.errors import ServiceError
from catalog.services.jobs import JobRun


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
