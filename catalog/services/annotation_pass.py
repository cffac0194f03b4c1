"""One pass over a collection for one stage's features: chunks of images, batches of questions, two batches under way at once."""

import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from catalog.annotators import (
    AnnotateOptions,
    Annotator,
    Answer,
    AnswerError,
    Failure,
    Feature,
    PictureToAnnotate,
    SubmitError,
    Ticket,
)
from catalog.models import Annotation, AnnotationRun, Collection, Image
from catalog.services.annotation_labels import write_labels
from catalog.services.annotation_pictures import pictures_to_annotate
from catalog.services.annotation_questions import (
    Key,
    Outcome,
    claim_questions,
    find_known,
    mark_sent,
    questions,
    release_questions,
    save_answers,
    store_ticket,
)
from catalog.services.annotation_runs import settle_dead_runs
from catalog.services.annotation_units import UnitsRefusedError, wait_for_turn
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress

__all__ = ["AnnotateResult", "Asking", "annotate_stage"]

CHUNK = 512  # images looked up, and whose labels are written, together; more where a batch takes more
MAX_ATTEMPTS = 6  # of a batch that was surely not executed; a minute in all
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 32.0
# Batches in a row that are lost whole, each perhaps paid: an outage would make a whole library unknown at full speed.
MAX_LOST_BATCHES = 3
LOOKED_AT_AGAIN = 10_000
STAGE = "Annotating"

Status = Annotation.Status
OPEN = frozenset({Status.RESERVED, Status.SENT})


@dataclass
class AnnotateResult:
    """How many images were gone through, and what became of the questions asked about them (one an image and feature)."""

    n_images: int = 0
    n_answered: int = 0
    n_failed: int = 0
    n_unknown: int = 0
    n_reused: int = 0
    n_elsewhere: int = 0
    """Still being asked by another run when this one ended."""
    n_units: int = 0
    """Units that this run took and did not give back."""
    stopped: str = ""
    """Why the run ended before it came to the last image, if it did; what is left waits for the next one."""

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return dict(vars(self))


@dataclass(frozen=True)
class Asking:
    """What a pass over a collection needs at every turn; see `annotate_images` for the parameters of the same names."""

    run: AnnotationRun
    annotator: Annotator
    collection: Collection
    options: AnnotateOptions
    features: Sequence[Feature]
    """Those of this stage."""
    all_features: Sequence[Feature]
    """Those of all stages."""
    again: AbstractSet[Feature]
    unknown: bool
    since: datetime
    result: AnnotateResult
    progress: Progress
    sleep: Callable[[float], None]
    rng: random.Random = field(default_factory=random.Random)

    @property
    def max_in_flight(self) -> int:
        """Batches under way at once: two keep the annotator busy while answers are saved, where a kill in between costs nothing."""
        return 2 if self.annotator.prices is None or self.annotator.keeps_tickets else 1

    def is_due(self, row: Annotation | None) -> bool:
        """Whether the question has to be asked: for the first time, or once more because somebody said so."""
        if row is None:
            return True
        return row.status in self.states_asked_again(Feature(row.feature)) and row.updated_at < self.since

    def states_asked_again(self, feature: Feature) -> set[str]:
        """The states in which a question is put once more."""
        if feature in self.again:
            return {Status.ANSWERED, Status.FAILED, Status.UNKNOWN}
        return {Status.UNKNOWN} if self.unknown else set()


@dataclass
class _Chunk:
    """Images that are looked up together, and get their labels when the last batch of them has landed."""

    images: list[Image]
    asked: dict[str, tuple[Feature, ...]]
    known: dict[Key, Annotation]
    n_waiting: int
    """Batches that have not landed."""


@dataclass(frozen=True)
class _Flight:
    """A batch that was handed over, or could not be."""

    chunk: _Chunk
    pictures: list[PictureToAnnotate]
    handed_over: Ticket | SubmitError


def annotate_stage(asking: Asking) -> None:
    """Ask this stage's features of every image that lacks them; what another run holds is waited for, as long as a lease lasts."""
    images = Image.objects.filter(collection=asking.collection, current_revision__isnull=False)
    asking.result.n_images = 0
    held_elsewhere = _Pass(asking, n_total=_count_due(asking, images)).over(images)
    if held_elsewhere and _wait_for_others(asking, held_elsewhere):
        asking.result.n_elsewhere = 0
        n_images = asking.result.n_images
        for start in range(0, len(held_elsewhere), LOOKED_AT_AGAIN):  # a statement takes so many parameters
            ids = held_elsewhere[start : start + LOOKED_AT_AGAIN]
            _Pass(asking, n_total=len(held_elsewhere)).over(images.filter(pk__in=ids))
        asking.result.n_images = n_images


class _Pass:
    """Launches batches and lets them land in order."""

    def __init__(self, asking: Asking, *, n_total: int) -> None:
        self._asking = asking
        self._flights: deque[_Flight] = deque()
        self._chunks: list[_Chunk] = []
        self._n_done, self._n_total = 0, n_total
        self._n_lost_in_a_row = 0
        self._elsewhere: list[int] = []

    def over(self, images: QuerySet[Image]) -> list[int]:
        """Go through the images; gives the ids of those of which another run is asking something."""
        try:
            for rows in _chunks_by_id(images, max(CHUNK, self._asking.annotator.max_batch_size)):
                self._report()
                chunk = self._look_up(rows)
                for batch in self._batches(chunk):
                    self._launch(chunk, batch)
                    while len(self._flights) >= self._asking.max_in_flight:
                        self._land()
                self._asking.result.n_images += len(rows)
                self._write_finished()
        except Exception:
            # A cap, a cancellation: what is under way was handed over, and perhaps paid, so its answers are taken first.
            while self._flights:
                self._land()
            raise
        else:
            while self._flights:
                self._land()
        finally:
            # Whatever stopped it: what was answered becomes labels now, for nobody would come back to it otherwise.
            for chunk in self._chunks:
                chunk.n_waiting = 0
            self._write_finished()
        self._report()
        return self._elsewhere

    def _report(self) -> None:
        """How many of the pictures that had to be asked are done; known ones are not counted, for they would feign speed."""
        self._asking.progress(STAGE, self._n_done, self._n_total)

    def _stay(self, stage: str, done: int, total: int) -> None:
        """Waiting for the quota is part of annotating: as a stage of its own it would start the time left anew each time."""
        self._report()

    def _look_up(self, images: list[Image]) -> _Chunk:
        asking, result = self._asking, self._asking.result
        known = _find_known(asking, images, asking.features)
        asked: dict[str, tuple[Feature, ...]] = {}
        for image in images:
            sha256 = _sha256(image)
            rows = {feature: known.get((sha256, feature)) for feature in asking.features}
            if due := tuple(feature for feature, row in rows.items() if asking.is_due(row)):
                asked[sha256] = due
            n_held = sum(row is not None and row.status in OPEN for row in rows.values())
            result.n_elsewhere += n_held
            result.n_reused += len(rows) - len(due) - n_held
            if n_held:
                self._elsewhere.append(image.pk)
        chunk = _Chunk(images, asked, known, n_waiting=-(-len(asked) // asking.annotator.max_batch_size))
        self._chunks.append(chunk)
        return chunk

    def _batches(self, chunk: _Chunk) -> Iterator[list[PictureToAnnotate]]:
        pictures = pictures_to_annotate(chunk.images, chunk.asked)
        size = self._asking.annotator.max_batch_size
        return (pictures[start : start + size] for start in range(0, len(pictures), size))

    def _launch(self, chunk: _Chunk, batch: Sequence[PictureToAnnotate]) -> None:
        """Claim a batch and hand it over; no transaction is open while the annotator works. What a cap leaves room for still goes."""
        asking = self._asking
        self._report()
        try:
            pictures = claim_questions(asking.run, asking.annotator, asking.options, batch, chunk.known)
        except UnitsRefusedError:
            if len(batch) == 1:
                raise
            chunk.n_waiting += 1
            half = len(batch) // 2
            self._launch(chunk, batch[:half])
            self._launch(chunk, batch[half:])
            return
        claimed = {picture.sha256: len(picture.features) for picture in pictures}
        taken = {p.sha256 for p in batch if claimed.get(p.sha256, 0) < len(p.features)}
        # Another run was quicker: whether it has answered by the end is looked at then.
        self._elsewhere += [image.pk for image in chunk.images if _sha256(image) in taken]
        self._flights.append(_Flight(chunk, pictures, self._send(pictures)))

    def _send(self, pictures: list[PictureToAnnotate]) -> Ticket | SubmitError:
        asking = self._asking
        if not pictures:
            return Ticket(asking.annotator.name, "")
        wait_for_turn(asking.annotator, len(pictures), progress=self._stay, sleep=asking.sleep)
        mark_sent(asking.run, pictures)
        try:
            ticket = asking.annotator.submit(pictures, asking.options)
        except SubmitError as error:
            return error
        if asking.annotator.keeps_tickets:
            store_ticket(asking.run, pictures, ticket)
        return ticket

    def _land(self) -> None:
        """Take the answers of the oldest batch.

        What was surely not executed is sent again after a wait that doubles, of which a random part is taken (full jitter), so
        that workers who were refused together do not come back together.
        """
        flight, asking = self._flights.popleft(), self._asking
        pictures, handed_over, outcome = flight.pictures, flight.handed_over, Outcome()
        for attempt in range(MAX_ATTEMPTS):
            if not pictures:
                break
            if attempt:
                self._report()
                asking.sleep(asking.rng.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)))
                handed_over = self._send(pictures)
            outcome = save_answers(asking.run, asking.annotator, self._answers(pictures, handed_over))
            asking.result.n_answered += outcome.n_answered
            asking.result.n_failed += outcome.n_failed
            asking.result.n_unknown += outcome.n_unknown
            if outcome.denied:
                break
            pictures = _not_executed(pictures, outcome)
        if outcome.not_executed:
            release_questions(asking.run, asking.annotator, Status.RESERVED)
            tried = "" if outcome.denied else f" It was tried {MAX_ATTEMPTS} times; run it again later."
            raise ServiceError(f"{asking.annotator.name} does not answer: {outcome.reason}{tried}")
        lost_whole = outcome.n_unknown and not outcome.n_answered and not outcome.n_failed
        self._n_lost_in_a_row = self._n_lost_in_a_row + 1 if lost_whole else 0
        if self._n_lost_in_a_row == MAX_LOST_BATCHES:
            raise ServiceError(
                f"The answers to {MAX_LOST_BATCHES} batches in a row were lost after they were sent ({outcome.lost}), so nothing more "
                "is sent. Run it again when that is mended; see the images marked unknown."
            )
        self._n_done += len(flight.pictures)
        flight.chunk.n_waiting -= 1
        self._write_finished()

    def _answers(self, pictures: Sequence[PictureToAnnotate], handed_over: Ticket | SubmitError) -> list[Answer]:
        if isinstance(handed_over, SubmitError):
            return [_failed(picture, handed_over.failure, handed_over.message) for picture in pictures]
        return self._asking.annotator.collect(handed_over)

    def _write_finished(self) -> None:
        """Labels and status for the chunks of which nothing is under way any more."""
        asking = self._asking
        finished = [chunk for chunk in self._chunks if chunk.n_waiting == 0]
        self._chunks = [chunk for chunk in self._chunks if chunk.n_waiting]
        for chunk in finished:
            write_labels(
                asking.collection,
                asking.annotator,
                asking.features,
                chunk.images,
                _find_known(asking, chunk.images, asking.all_features),
                asked=set(chunk.asked),
            )


def _chunks_by_id(images: QuerySet[Image], size: int) -> Iterator[list[Image]]:
    """Looked up as its turn comes, so that a long run sees no stale rows and holds no cursor."""
    last = 0
    while chunk := list(images.filter(pk__gt=last).select_related("current_revision").order_by("pk")[:size]):
        yield chunk
        last = chunk[-1].pk


def _count_due(asking: Asking, images: QuerySet[Image]) -> int:
    """Of how many images something has to be asked."""
    due = Q()
    for feature in asking.features:
        once_more = Q(status__in=asking.states_asked_again(feature), updated_at__lt=asking.since)
        settled = questions(asking.annotator, asking.options, feature).exclude(once_more)
        due |= ~Q(current_revision__sha256__in=settled.values("sha256"))
    return images.filter(due).count()


def _wait_for_others(asking: Asking, image_ids: Sequence[int]) -> bool:
    """Wait until other runs are through with these images, or are known to be dead; False if they are at it still."""
    # The last ones: runs go through a collection in one order, so that when these are through the others are.
    images = list(Image.objects.filter(pk__in=image_ids[-CHUNK:]).select_related("current_revision"))
    for _second in range(settings.GALAXY_LEASE_S + 2):
        settle_dead_runs(asking.annotator)
        if not any(row.status in OPEN for row in _find_known(asking, images, asking.features).values()):
            return True
        asking.progress("Waiting for another run", 0, 0)
        asking.sleep(1)
    return False


def _find_known(asking: Asking, images: Sequence[Image], features: Sequence[Feature]) -> dict[Key, Annotation]:
    return find_known(asking.annotator, asking.options, features, {_sha256(image) for image in images})


def _sha256(image: Image) -> str:
    return image.current_revision.sha256 if image.current_revision else ""


def _not_executed(pictures: Sequence[PictureToAnnotate], outcome: Outcome) -> list[PictureToAnnotate]:
    return [
        replace(picture, features=left)
        for picture in pictures
        if (left := tuple(f for f in picture.features if (picture.sha256, f) in outcome.not_executed))
    ]


def _failed(picture: PictureToAnnotate, failure: Failure, message: str) -> Answer:
    return Answer(picture.sha256, errors=dict.fromkeys(picture.features, AnswerError(failure, message)))
