"""Letting an annotator look at images: each question asked, paid and answered once, by bytes and feature, and turned into labels."""

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.annotators import AnnotateOptions, Annotator, Feature, UnknownAnnotatorError, features_of, get_annotator
from catalog.models import Collection
from catalog.services.annotation_pass import AnnotateResult, Asking, annotate_stage
from catalog.services.annotation_runs import run_of, settle_dead_runs
from catalog.services.annotation_units import UnitsRefusedError, units_of_job
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress, ignore_progress
from catalog.signals import annotations_changed

__all__ = ["AnnotateResult", "annotate_images", "annotator_of", "options_of", "wanted_features"]


def annotate_images(
    collection: Collection,
    *,
    stage: int | None = None,
    again: AbstractSet[Feature] = frozenset(),
    unknown: bool = False,
    since: datetime | None = None,
    max_units: int | None = None,
    job_uuid: UUID | None = None,
    by: User | None = None,
    progress: Progress = ignore_progress,
    sleep: Callable[[float], None] = time.sleep,
) -> AnnotateResult:
    """Have the collection's annotator answer the collection's features for every image that lacks an answer.

    Answers belong to bytes: what was answered before, for whatever collection, is used again and neither asked nor paid
    again. May be stopped between any two batches, or killed, and run again. A picture that the annotator cannot look at is
    marked failed with the reason; one whose answer was lost after sending is unknown, and asked again only if
    GALAXY_UNKNOWN_ANSWERS or the caller says so. The rest goes on. Announces `annotations_changed` if there are new answers.

    Parameters
    ----------
    stage
        Which of the annotator's stages to go through, from 0; all of them, one after the other, by default.
    again
        Features to ask, and pay, again although they were answered, failed or are unknown.
    unknown
        Ask again where an answer was lost; it may be paid twice.
    since
        When somebody asked for `again` or `unknown`: what was settled later is not asked once more, so that a job which is
        killed and goes on does not pay for its own answers again. By default now.
    max_units
        The most units that this run may take; with `job_uuid`, that all attempts at the job may take together.
    job_uuid
        The job that this run is an attempt at. Earlier attempts are dead, and are settled at once.

    Raises
    ------
    ServiceError: the annotator is unknown, or denies its service (credentials, rights, billing).
    """
    annotator = annotator_of(collection)
    stages = wanted_features(collection, annotator)
    chosen = stages if stage is None else stages[stage : stage + 1]
    result, resend = AnnotateResult(), settings.GALAXY_UNKNOWN_ANSWERS == "resend"
    settle_dead_runs(annotator, job_uuid=job_uuid)
    features = [feature for part in chosen for feature in part]
    if not features:
        return result
    asking_since = since or timezone.now()
    max_units = _left_of(max_units, job_uuid)
    with run_of(collection, annotator, features, by=by, max_units=max_units, job_uuid=job_uuid) as run:
        for part in chosen:
            asking = Asking(
                run=run,
                annotator=annotator,
                collection=collection,
                options=options_of(collection),
                features=part,
                all_features=[feature for other in stages for feature in other],
                again=again,
                unknown=unknown or resend,
                since=asking_since,
                result=result,
                progress=progress,
                sleep=sleep,
            )
            n_before = result.n_answered
            try:
                annotate_stage(asking)
            except UnitsRefusedError as error:
                run.outcome = result.stopped = str(error)
                break
            finally:
                if result.n_answered > n_before:
                    annotations_changed.send(Collection, collection=collection, features=part)
    run.refresh_from_db(fields=["n_units"])
    result.n_units = run.n_units
    return result


def annotator_of(collection: Collection) -> Annotator:
    """The collection's annotator. Raises ServiceError when there is none of this name."""
    try:
        return get_annotator(collection.annotator)
    except UnknownAnnotatorError as error:
        raise ServiceError(str(error)) from error


def options_of(collection: Collection) -> AnnotateOptions:
    """What the collection asks for beside features."""
    return AnnotateOptions(language_hints=tuple(collection.language_hints))


def wanted_features(collection: Collection, annotator: Annotator) -> list[list[Feature]]:
    """The collection's features by the annotator's stages; what it does not look for is left out, and so are empty stages."""
    wanted = {Feature(name) for name in collection.features} & features_of(annotator)
    return [part for stage in annotator.stages if (part := sorted(wanted & stage))]


def _left_of(max_units: int | None, job_uuid: UUID | None) -> int | None:
    """What earlier attempts at the same job left of what was agreed to."""
    return max_units if max_units is None or job_uuid is None else max(0, max_units - units_of_job(job_uuid))
