"""The explorer's kinds of background jobs, announced to the catalog, and what it does when the catalog announces something."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.models import Collection, Galaxy, Scope
from catalog.permissions import User, Verb, can
from catalog.services.jobs import JobKind, JobRun, register_job_kind, start_job
from catalog.signals import annotations_changed, cluster_hidden, image_withdrawn
from catalog.tasks import galaxy_of
from explorer.services import (
    find_publication,
    list_withdrawn,
    publish_galaxy,
    republish_galaxy,
    rewrite_publications,
    roll_back,
    sweep_objects,
)

logger = logging.getLogger(__name__)


def register() -> None:
    """Announce the explorer's kinds; called once, when Django starts."""
    register_job_kind(JobKind("publish_galaxy", run_publish, "Publish the galaxy", queue="short", scope=Scope.PUBLISH))
    register_job_kind(
        JobKind("republish_galaxy", run_republish, "Bring what is published up to date", scope=Scope.PUBLISH)
    )
    register_job_kind(
        JobKind("roll_back", run_roll_back, "Go back to a publication", queue="short", scope=Scope.PUBLISH)
    )
    register_job_kind(JobKind("sweep_galaxy", run_sweep, "Delete published files that nothing needs"))
    register_job_kind(
        JobKind(
            "withdraw_images",
            run_withdraw,
            "Take hidden images out of what is published",
            queue="short",
            scope=Scope.PUBLISH,
        )
    )
    image_withdrawn.connect(withdraw_from_galaxies_of, dispatch_uid="explorer.withdraw_from_galaxies_of")
    cluster_hidden.connect(republish_without_hidden, dispatch_uid="explorer.republish_without_hidden")
    annotations_changed.connect(republish_galaxies_of, dispatch_uid="explorer.republish_galaxies_of")


def run_publish(run: JobRun) -> dict[str, Any]:
    """Publish the newest build of the job's galaxy; `despite_safe_search` and `compact` are what whoever started it said."""
    result = publish_galaxy(
        galaxy_of(run),
        by=run.job.created_by,
        despite_safe_search=bool(run.params.get("despite_safe_search")),
        compact=bool(run.params.get("compact")),
        progress=run.progress,
    )
    return result.as_json()


def run_republish(run: JobRun) -> dict[str, Any]:
    """Publish the published build of the job's galaxy anew."""
    result = republish_galaxy(galaxy_of(run), progress=run.progress)
    return result.as_json() if result else {"created": False}


def run_roll_back(run: JobRun) -> dict[str, Any]:
    """Show the `publication` of the job's galaxy again."""
    galaxy = galaxy_of(run)
    publication = find_publication(galaxy, int(run.params["publication"]))
    return roll_back(galaxy, publication, by=run.job.created_by, progress=run.progress).as_json()


def run_sweep(run: JobRun) -> dict[str, Any]:
    """Delete the objects of the job's galaxy that no kept publication names."""
    return sweep_objects(galaxy_of(run), progress=run.progress).as_json()


def run_withdraw(run: JobRun) -> dict[str, Any]:
    """Take what is hidden or deleted out of all publications of the job's galaxy."""
    return rewrite_publications(galaxy_of(run), progress=run.progress).as_json()


def withdraw_from_galaxies_of(
    sender: object, collection: Collection, uuids: Sequence[UUID], by: User | None, reason: str, **_rest: object
) -> None:
    """Start the jobs that take these images out of a collection's galaxies and, on commit, let their pointers list them.

    The jobs are rows of the transaction that hides the images: whatever is killed after it, the supervisor wakes a worker for them.
    """
    for galaxy in collection.galaxies.filter(publications__isnull=False).distinct():
        # Whoever could hide them has been asked for permission there. What is hidden must leave, whatever else they may.
        asker = by if by is not None and can(by, Verb.CURATE, galaxy, scope=Scope.PUBLISH) else None
        start_job("withdraw_images", {"reason": reason} if reason else {}, by=asker, galaxy=galaxy)
        transaction.on_commit(partial(_list_withdrawn, galaxy, uuids))


def _list_withdrawn(galaxy: Galaxy, uuids: Sequence[UUID]) -> None:
    try:
        list_withdrawn(galaxy, uuids)
    except Exception:
        # The images are hidden already, and the job writes the pointer, too: a storage that does not answer must not look like a failure.
        logger.exception("The pointer of %s could not be told of withdrawn images.", galaxy.slug)


def republish_galaxies_of(sender: object, collection: Collection, **_rest: object) -> None:
    """Start a job for each published galaxy of a collection about whose images something new is known."""
    for galaxy in collection.galaxies.filter(current_publication__isnull=False):
        start_job("republish_galaxy", {}, by=None, galaxy=galaxy)


def republish_without_hidden(sender: object, galaxy: Galaxy, **_rest: object) -> None:
    """Start the job that takes a hidden cluster out of what is published; a row of the transaction that hides it."""
    if galaxy.current_publication_id is not None:
        start_job("republish_galaxy", {}, by=None, galaxy=galaxy)
