"""Letting an annotator look at images: each question asked, paid and answered once, by bytes and feature, and turned into labels."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from catalog.annotators import (
    AnnotateOptions,
    Annotator,
    Failure,
    Feature,
    PictureToAnnotate,
    SubmitError,
    UnknownAnnotatorError,
    features_of,
    get_annotator,
)
from catalog.annotators.base import Answer, AnswerError
from catalog.models import Annotation, AnnotationRun, Collection, Image
from catalog.services.annotation_labels import write_labels
from catalog.services.annotation_pictures import pictures_to_annotate
from catalog.services.annotation_questions import (
    Outcome,
    claim_questions,
    find_known,
    mark_sent,
    release_questions,
    save_answers,
    store_ticket,
)
from catalog.services.annotation_runs import run_of, settle_dead_runs
from catalog.services.annotation_units import UnitsRefusedError, wait_for_turn
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress, ignore_progress

__all__ = ["AnnotateResult", "annotate_images", "annotator_of", "options_of", "wanted_features"]

CHUNK = 512  # images looked up, and whose labels are written, together
MAX_ATTEMPTS = 6  # of a batch that was surely not executed; a minute in all
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 32.0

Status = Annotation.Status


@dataclass
class AnnotateResult:
    """How many images were gone through, and what became of the questions asked about them (one an image and feature)."""

    n_images: int = 0
    n_answered: int = 0
    n_failed: int = 0
    n_unknown: int = 0
    n_reused: int = 0
    n_elsewhere: int = 0
    """Asked by another run at the same moment."""
    stopped: str = ""
    """Why the run ended before it came to the last image, if it did; what is left waits for the next one."""

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return dict(vars(self))


@dataclass(frozen=True)
class _Asking:
    """What one pass over a collection needs at every turn."""

    run: AnnotationRun
    annotator: Annotator
    options: AnnotateOptions
    features: Sequence[Feature]
    again: AbstractSet[Feature]
    unknown: bool
    result: AnnotateResult
    sleep: Callable[[float], None]
    rng: random.Random = field(default_factory=random.Random)


def annotate_images(
    collection: Collection,
    *,
    stage: int | None = None,
    again: AbstractSet[Feature] = frozenset(),
    unknown: bool = False,
    max_units: int | None = None,
    by: User | None = None,
    progress: Progress = ignore_progress,
    sleep: Callable[[float], None] = time.sleep,
) -> AnnotateResult:
    """Have the collection's annotator answer the collection's features for every image that lacks an answer.

    Answers belong to bytes: what was answered before, for whatever collection, is used again and neither asked nor paid
    again. May be stopped between any two batches, or killed, and run again. A picture that the annotator cannot look at is
    marked failed with the reason; one whose answer was lost after sending is unknown, and asked again only if
    GALAXY_UNKNOWN_ANSWERS or the caller says so. The rest goes on.

    Parameters
    ----------
    stage
        Which of the annotator's stages to go through, from 0; all of them, one after the other, by default.
    again
        Features to ask, and pay, again although they were answered, failed or are unknown.
    unknown
        Ask again where an answer was lost; it may be paid twice.
    max_units
        The most units that this run may take.

    Raises
    ------
    ServiceError: the annotator is unknown, or denies its service (credentials, rights, billing).
    """
    annotator = annotator_of(collection)
    stages = wanted_features(collection, annotator)
    chosen = stages if stage is None else stages[stage : stage + 1]
    result, resend = AnnotateResult(), settings.GALAXY_UNKNOWN_ANSWERS == "resend"
    settle_dead_runs(annotator)
    features = [feature for part in chosen for feature in part]
    if not features:
        return result
    with run_of(collection, annotator, features, by=by, max_units=max_units) as run:
        for part in chosen:
            result.n_images = 0
            asking = _Asking(run, annotator, options_of(collection), part, again, unknown or resend, result, sleep)
            try:
                _annotate_stage(collection, asking, progress)
            except UnitsRefusedError as error:
                run.outcome = result.stopped = str(error)
                break
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


def _annotate_stage(collection: Collection, asking: _Asking, progress: Progress) -> None:
    images = Image.objects.filter(collection=collection, current_revision__isnull=False)
    n_total, result = images.count(), asking.result
    for chunk in _chunks_by_id(images):
        progress("Annotating", result.n_images, n_total)
        _annotate_chunk(collection, asking, chunk, partial(_shift, progress, result.n_images, n_total))
        result.n_images += len(chunk)
    progress("Annotating", result.n_images, n_total)


def _shift(progress: Progress, before: int, total: int, stage: str, done: int, _total: int) -> None:
    """Progress within a chunk, counted from the first image of the run."""
    progress(stage, before + done, total)


def _chunks_by_id(images: Any) -> Iterator[list[Image]]:
    """Looked up as its turn comes, so that a long run sees no stale rows and holds no cursor."""
    last = 0
    while chunk := list(images.filter(pk__gt=last).select_related("current_revision").order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


def _annotate_chunk(collection: Collection, asking: _Asking, images: list[Image], progress: Progress) -> None:
    annotator, features, result = asking.annotator, asking.features, asking.result
    sha256s = {image.current_revision.sha256: None for image in images if image.current_revision}
    known = find_known(annotator, asking.options, features, set(sha256s))
    to_ask: dict[str, tuple[Feature, ...]] = {}
    for sha256 in sha256s:
        for feature in features:
            row = known.get((sha256, feature))
            if row is None or _ask_again(row, feature in asking.again, asking.unknown):
                to_ask[sha256] = (*to_ask.get(sha256, ()), feature)
            elif row.status in {Status.RESERVED, Status.SENT}:
                result.n_elsewhere += 1
            else:
                result.n_reused += 1
    try:
        pictures = pictures_to_annotate(images, to_ask)
        for start in range(0, len(pictures), annotator.max_batch_size):
            progress("Annotating", min(start, len(images)), 0)
            _ask(asking, pictures[start : start + annotator.max_batch_size], known, progress)
    finally:
        # Whatever stopped it: what was answered becomes labels now, for nobody would come back to it otherwise.
        known = find_known(annotator, asking.options, features, set(sha256s))
        write_labels(collection, annotator, features, images, known, asked=set(to_ask))


def _ask_again(row: Annotation, again: bool, unknown: bool) -> bool:
    if row.status == Status.UNKNOWN:
        return again or unknown
    return again and row.status in {Status.ANSWERED, Status.FAILED}


def _ask(
    asking: _Asking,
    batch: Sequence[PictureToAnnotate],
    known: Mapping[tuple[str, Feature], Annotation],
    progress: Progress,
) -> None:
    """Claim, send, collect and save one batch; no transaction is open while the annotator works.

    What was surely not executed is sent again after a wait that doubles, of which a random part is taken (full jitter), so that
    workers who were refused together do not come back together.
    """
    run, annotator = asking.run, asking.annotator
    pictures = claim_questions(run, annotator, asking.options, batch, known)
    outcome = Outcome()
    for attempt in range(MAX_ATTEMPTS):
        if not pictures:
            return
        if attempt:
            progress("Waiting for the annotator", 0, 0)
            asking.sleep(asking.rng.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)))
        wait_for_turn(annotator, len(pictures), progress=progress, sleep=asking.sleep)
        mark_sent(run, pictures)
        outcome = save_answers(run, annotator, _send(asking, pictures))
        asking.result.n_answered += outcome.n_answered
        asking.result.n_failed += outcome.n_failed
        asking.result.n_unknown += outcome.n_unknown
        if outcome.denied:
            break
        pictures = [
            PictureToAnnotate(**{**vars(picture), "features": left})
            for picture in pictures
            if (left := tuple(f for f in picture.features if (picture.sha256, f) in outcome.not_executed))
        ]
    if outcome.not_executed:
        release_questions(run, annotator, Status.RESERVED)
        tried = "" if outcome.denied else f" It was tried {MAX_ATTEMPTS} times; run it again later."
        raise ServiceError(f"{annotator.name} does not answer: {outcome.reason}{tried}")


def _send(asking: _Asking, pictures: Sequence[PictureToAnnotate]) -> list[Answer]:
    try:
        ticket = asking.annotator.submit(pictures, asking.options)
    except SubmitError as error:
        return [_failed(picture, error.failure, error.message) for picture in pictures]
    if asking.annotator.keeps_tickets:
        store_ticket(asking.run, ticket)
    return asking.annotator.collect(ticket)


def _failed(picture: PictureToAnnotate, failure: Failure, message: str) -> Answer:
    return Answer(picture.sha256, errors=dict.fromkeys(picture.features, AnswerError(failure, message)))
