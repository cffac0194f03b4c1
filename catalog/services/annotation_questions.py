"""Questions as rows: claimed by one run, sent, and answered, failed, unknown or released. See Annotation for the states."""

from collections.abc import Collection as Many
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.annotators import (
    AnnotateOptions,
    Annotator,
    Answer,
    Failure,
    Feature,
    PictureToAnnotate,
    Ticket,
)
from catalog.annotators.facts import is_unsafe
from catalog.models import Annotation, AnnotationPayload, AnnotationRun
from catalog.services.annotation_units import Settled, billed_features, reserve_units, settle_units
from catalog.services.documents import pack_payload
from catalog.services.errors import ServiceError

__all__ = [
    "Key",
    "Known",
    "Outcome",
    "RunLostError",
    "claim_questions",
    "find_known",
    "lose_questions",
    "mark_sent",
    "questions",
    "release_questions",
    "save_answers",
    "store_ticket",
]

Status = Annotation.Status
Key = tuple[str, Feature]
Known = Mapping[Key, Annotation]

RUN_LOST = (
    "This run was taken for dead (it could not renew its lease for too long), and what it had reserved is free for others. "
    "Nothing of that was sent. Run it again."
)
LOST_MESSAGE = "It was sent, but the run ended before the answer came: it may have been executed and billed."


class RunLostError(ServiceError):
    """Another run took this one for dead and settled what it held: it must send nothing more."""


@dataclass
class Outcome:
    """What became of a batch, by question; those not executed, and why, and whether a person has to mend something."""

    n_answered: int = 0
    n_failed: int = 0
    n_unknown: int = 0
    not_executed: set[Key] = field(default_factory=set)
    reason: str = ""
    denied: str = ""
    lost: str = ""
    """Why an answer was lost."""


def questions(annotator: Annotator, options: AnnotateOptions, feature: Feature) -> QuerySet[Annotation]:
    """The rows of a feature with the model and parameters of now, of whatever bytes."""
    return Annotation.objects.filter(
        annotator=annotator.name,
        feature=feature,
        model=annotator.model_of(feature),
        parameters=annotator.parameters_of(feature, options),
    )


def find_known(
    annotator: Annotator, options: AnnotateOptions, features: Iterable[Feature], sha256s: Many[str]
) -> dict[Key, Annotation]:
    """The rows that there are for these bytes and features with the model and parameters of now."""
    found: dict[Key, Annotation] = {}
    for feature in features:
        rows = questions(annotator, options, feature).filter(sha256__in=sha256s)
        found |= {(row.sha256, feature): row for row in rows}
    return found


@transaction.atomic
def claim_questions(
    run: AnnotationRun,
    annotator: Annotator,
    options: AnnotateOptions,
    pictures: Sequence[PictureToAnnotate],
    known: Known,
) -> list[PictureToAnnotate]:
    """Reserve what no other run holds, and the units for it; gives the pictures with the features that are this run's to ask.

    Raises
    ------
    UnitsRefusedError: a cap leaves no room; nothing was claimed.
    RunLostError: the run was taken for dead meanwhile; nothing was claimed.
    """
    alive = AnnotationRun.objects.select_for_update().filter(pk=run.pk, finished_at=None)
    if alive.first() is None:
        raise RunLostError(RUN_LOST)
    new, again = [], []
    for picture in pictures:
        for feature in picture.features:
            row = known.get((picture.sha256, feature))
            if row is None:
                new.append(
                    Annotation(
                        sha256=picture.sha256,
                        annotator=annotator.name,
                        feature=feature,
                        model=annotator.model_of(feature),
                        parameters=annotator.parameters_of(feature, options),
                        status=Status.RESERVED,
                        run=run,
                    )
                )
            else:
                again.append(row)
    # Of two runs that claim the same, one's rows are ignored; which ones are whose is read below. In one order, so that they
    # never wait for each other crosswise.
    new.sort(key=lambda row: (row.sha256, row.feature))
    Annotation.objects.bulk_create(new, ignore_conflicts=True)
    # What was answered since it was looked up is not asked, and paid, once more. The reason of an earlier loss or failure stays
    # until there is an answer, so that releasing the row can bring it back.
    seen = {row.pk: (row.status, row.updated_at) for row in again if row.status not in {Status.RESERVED, Status.SENT}}
    now = Annotation.objects.select_for_update().filter(pk__in=list(seen)).order_by("pk")
    same = [row.pk for row in now if (row.status, row.updated_at) == seen[row.pk]]
    Annotation.objects.filter(pk__in=same).update(status=Status.RESERVED, run=run, ticket="")
    held = _held(run, Status.RESERVED, [picture.sha256 for picture in pictures])
    claimed = []
    for picture in pictures:
        features = tuple(feature for feature in picture.features if feature in held.get(picture.sha256, ()))
        if features:
            claimed.append(replace(picture, features=features))
    reserve_units(run, _count_units(annotator, [picture.features for picture in claimed]))
    return claimed


@transaction.atomic
def mark_sent(run: AnnotationRun, pictures: Sequence[PictureToAnnotate]) -> None:
    """reserved -> sent, all or nothing; from the commit of this on a kill means that the answer may be lost.

    Raises
    ------
    RunLostError: some of it is not this run's any more (it slept past its lease, and was settled): another run may be asking.
    """
    n_wanted = sum(len(picture.features) for picture in pictures)
    held = Annotation.objects.filter(run=run, status=Status.RESERVED, sha256__in=[p.sha256 for p in pictures])
    if held.update(status=Status.SENT, updated_at=timezone.now()) != n_wanted:
        raise RunLostError(RUN_LOST)


def store_ticket(run: AnnotationRun, pictures: Sequence[PictureToAnnotate], ticket: Ticket) -> None:
    """Keep what a later process needs to collect this batch."""
    batch = Annotation.objects.filter(run=run, status=Status.SENT, sha256__in=[p.sha256 for p in pictures])
    batch.update(ticket=ticket.key)


@transaction.atomic
def save_answers(run: AnnotationRun, annotator: Annotator, answers: Sequence[Answer]) -> Outcome:
    """Settle a batch: sent -> answered, failed or unknown, units with it; what was surely not executed is reserved again."""
    sent = Annotation.objects.select_for_update().filter(run=run, status=Status.SENT)
    rows = {
        (row.sha256, Feature(row.feature)): row for row in sent.filter(sha256__in=[answer.sha256 for answer in answers])
    }
    outcome, settled = Outcome(), _Ledger(annotator)
    payloads, changed = [], []
    for answer in answers:
        billed = billed_features({*answer.documents, *answer.errors}, annotator.prices)
        for feature, document in answer.documents.items():
            if row := rows.get((answer.sha256, feature)):
                row.status, row.error, row.run, row.ticket = Status.ANSWERED, "", None, ""
                row.is_unsafe = is_unsafe(document) if feature == Feature.SAFE_SEARCH_DETECTION else None
                changed.append(row)
                payloads.append(AnnotationPayload(annotation=row, document=pack_payload(document)))
                settled.add(feature, billed, "n_answered")
                outcome.n_answered += 1
        for feature, error in answer.errors.items():
            row = rows.get((answer.sha256, feature))
            if row is None:
                continue
            changed.append(row)
            if error.failure == Failure.REFUSED:
                row.status, row.error, row.run = Status.FAILED, error.message, None
                settled.add(feature, billed, "n_failed")
                outcome.n_failed += 1
            elif error.failure == Failure.LOST:
                row.status, row.error, row.run = Status.UNKNOWN, error.message, None
                settled.add(feature, billed, "n_unknown")
                outcome.n_unknown += 1
                outcome.lost = error.message
            else:
                row.status, row.ticket = Status.RESERVED, ""
                outcome.not_executed.add((answer.sha256, feature))
                outcome.reason = error.message
                if error.failure == Failure.DENIED:
                    outcome.denied = error.message
    now = timezone.now()
    for row in changed:
        row.updated_at = now  # bulk_update does not do it by itself
    fields = ["status", "error", "run", "ticket", "is_unsafe", "updated_at"]
    Annotation.objects.bulk_update(changed, fields, batch_size=500)
    AnnotationPayload.objects.bulk_create(
        payloads, update_conflicts=True, unique_fields=["annotation"], update_fields=["document"]
    )
    settle_units(run, settled.by_feature)
    return outcome


@transaction.atomic
def release_questions(run: AnnotationRun, annotator: Annotator, status: str) -> int:
    """Let go of what this run holds in a state, and give its units back. Says how many.

    An older answer holds again; what was lost or had failed before stays with a person, as unknown.
    """
    held = Annotation.objects.select_for_update().filter(run=run, status=status)
    rows = list(held.values_list("pk", "sha256", "feature"))
    settled = _Ledger(annotator)
    settled.add_rows(rows, "n_given_back")
    ids = [pk for pk, _, _ in rows]
    answered = Annotation.objects.filter(run=run, status=status, payload__isnull=False)
    Annotation.objects.filter(pk__in=list(answered.values_list("pk", flat=True))).update(
        status=Status.ANSWERED, run=None, error="", ticket=""
    )
    held.exclude(error="").update(status=Status.UNKNOWN, run=None, ticket="")
    Annotation.objects.filter(pk__in=ids, run=run, status=status).delete()
    settle_units(run, settled.by_feature)
    return len(ids)


@transaction.atomic
def lose_questions(run: AnnotationRun, annotator: Annotator) -> int:
    """sent -> unknown, for all that this run still had in flight. Says how many."""
    held = Annotation.objects.filter(run=run, status=Status.SENT)
    rows = list(held.select_for_update().values_list("pk", "sha256", "feature"))
    settled = _Ledger(annotator)
    settled.add_rows(rows, "n_unknown")
    held.update(status=Status.UNKNOWN, error=LOST_MESSAGE, run=None, updated_at=timezone.now())
    settle_units(run, settled.by_feature)
    return len(rows)


class _Ledger:
    """Counts what becomes of billed questions."""

    def __init__(self, annotator: Annotator) -> None:
        self._prices = annotator.prices
        self.by_feature: dict[Feature, Settled] = {}

    def add(self, feature: Feature, billed: Many[Feature], what: str) -> None:
        if feature in billed:
            counts = self.by_feature.setdefault(feature, Settled())
            setattr(counts, what, getattr(counts, what) + 1)

    def add_rows(self, rows: Iterable[tuple[int, str, str]], what: str) -> None:
        """Rows of whole pictures, as they were reserved together."""
        features_of: dict[str, list[Feature]] = {}
        for _, sha256, feature in rows:
            features_of.setdefault(sha256, []).append(Feature(feature))
        for features in features_of.values():
            billed = billed_features(features, self._prices)
            for feature in features:
                self.add(feature, billed, what)


def _held(run: AnnotationRun, status: str, sha256s: Sequence[str]) -> dict[str, set[Feature]]:
    held: dict[str, set[Feature]] = {}
    rows = Annotation.objects.filter(run=run, status=status, sha256__in=sha256s).values_list("sha256", "feature")
    for sha256, feature in rows:
        held.setdefault(sha256, set()).add(Feature(feature))
    return held


def _count_units(annotator: Annotator, asked: Iterable[Sequence[Feature]]) -> dict[Feature, int]:
    units: dict[Feature, int] = {}
    for features in asked:
        for feature in billed_features(features, annotator.prices):
            units[feature] = units.get(feature, 0) + 1
    return units
