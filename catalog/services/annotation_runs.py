"""Runs of annotators: begun, kept alive, ended, and settled when they died."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from catalog.annotators import Annotator, Feature, Ticket, UnknownTicketError
from catalog.models import Annotation, AnnotationRun, Collection
from catalog.services.annotation_questions import lose_questions, release_questions, save_answers
from catalog.services.heartbeat import Heartbeat

__all__ = ["run_of", "settle_dead_runs"]

logger = logging.getLogger(__name__)

OPEN = [Annotation.Status.RESERVED, Annotation.Status.SENT]


@contextmanager
def run_of(
    collection: Collection,
    annotator: Annotator,
    features: Sequence[Feature],
    *,
    by: User | None = None,
    max_units: int | None = None,
    job_uuid: UUID | None = None,
) -> Iterator[AnnotationRun]:
    """Begin a run, renew its lease from a thread while it lasts, and end it; what it still holds is released or lost."""
    run = AnnotationRun.objects.create(
        collection=collection,
        collection_slug=collection.slug,
        annotator=annotator.name,
        features=[str(feature) for feature in features],
        started_by=by,
        lease_expires_at=_lease_end(),
        max_units=max_units,
        job_uuid=job_uuid,
    )
    try:
        with Heartbeat(partial(_renew, run), name=f"annotation run {run.pk}"):
            yield run
        outcome = "Finished."
    except BaseException as error:
        outcome = f"Stopped: {str(error) or type(error).__name__}"
        raise
    finally:
        _settle(run, annotator)
        AnnotationRun.objects.filter(pk=run.pk).update(
            finished_at=timezone.now(), outcome=(run.outcome or outcome)[:300]
        )


def settle_dead_runs(annotator: Annotator, *, job_uuid: UUID | None = None) -> int:
    """Settle what killed runs of this annotator left behind; says how many there were.

    What was only reserved is free again, its units given back. What was sent is collected by its ticket if that outlives
    the process; without one it is unknown if it may have been billed, and free again if looking costs nothing.
    Whose lease has run out is dead, and so is whoever tried the job `job_uuid` before: a job has one worker at a time.
    """
    held = Annotation.objects.filter(run=OuterRef("pk"), status__in=OPEN)
    # A finished run can hold something only if it was taken for dead, woke up and claimed more before it noticed.
    dead = AnnotationRun.objects.filter(Q(finished_at=None) | Exists(held), annotator=annotator.name)
    expired = Q(lease_expires_at__lt=timezone.now())
    n_settled = 0
    for run in dead.filter(expired | Q(job_uuid=job_uuid) if job_uuid else expired):
        # Only one of several workers that find it settles it.
        if dead.filter(pk=run.pk, lease_expires_at=run.lease_expires_at).update(lease_expires_at=_lease_end()):
            _settle(run, annotator)
            AnnotationRun.objects.filter(pk=run.pk).update(
                finished_at=timezone.now(), outcome="Died; settled by a later run."
            )
            n_settled += 1
    return n_settled


def _settle(run: AnnotationRun, annotator: Annotator) -> None:
    held = Annotation.objects.filter(run=run)
    if annotator.keeps_tickets:
        sent = held.filter(status=Annotation.Status.SENT).exclude(ticket="")
        for ticket in sorted(set(sent.values_list("ticket", flat=True))):
            try:
                answers = annotator.collect(Ticket(annotator.name, ticket))
            except UnknownTicketError:
                logger.warning("The ticket %s of a dead run cannot be collected any more.", ticket)
                continue
            save_answers(run, annotator, answers)
    if held.filter(status=Annotation.Status.RESERVED).exists():
        release_questions(run, annotator, Annotation.Status.RESERVED)
    if held.filter(status=Annotation.Status.SENT).exists():
        if annotator.prices is None:
            release_questions(run, annotator, Annotation.Status.SENT)
        else:
            lose_questions(run, annotator)


def _renew(run: AnnotationRun) -> None:
    AnnotationRun.objects.filter(pk=run.pk).update(lease_expires_at=_lease_end())


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.GALAXY_LEASE_S)
