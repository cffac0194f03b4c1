"""What every annotator is: pictures in, Vision-shaped answers out, in two phases.

A cloud annotator's work is a long operation that may outlive the process, so asking and fetching are apart: `submit`
gives a ticket that can be stored, `collect` turns it into answers. All answers have the shape of Cloud Vision's
AnnotateImageResponse in camelCase JSON, each feature the part that is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from catalog.annotators.features import Feature
from catalog.annotators.prices import PriceTable


@dataclass(frozen=True)
class PictureFile:
    """One file of a picture. It is read only when its turn comes, so a batch costs no memory while it waits."""

    read: Callable[[], bytes]
    width: int
    """Pixels, upright."""
    height: int
    size_bytes: int
    uri: str = ""
    """`gs://bucket/name` where the file lies in Cloud Storage; "" where it does not."""


@dataclass(frozen=True)
class PictureToAnnotate:
    """One picture to look at. All coordinates in answers are pixels of its upright frame, `width` x `height`."""

    sha256: str
    features: tuple[Feature, ...]
    width: int
    height: int
    small: PictureFile
    """JPEG: upright, sRGB, short side 320 px; for labels and colours."""
    view: PictureFile
    """JPEG: upright, sRGB, long side at most 2,048 px; for faces and text."""
    original: PictureFile | None = None
    """Only if it can still be read, needs no turning to be upright, and has a format that annotators know (JPEG, PNG)."""


@dataclass(frozen=True)
class AnnotateOptions:
    """What a collection asks for beside features."""

    language_hints: tuple[str, ...] = ()
    """BCP 47 codes of the languages that text in the pictures is written in; () leaves it to the annotator."""
    crop_ratios: tuple[float, ...] = ()
    """Width by height of the crops to propose; () leaves it to the annotator."""


class Failure(StrEnum):
    """Why there is no answer, by what may be done next."""

    REFUSED = "refused"
    """It was looked at, or cannot be: the same question would get the same answer."""
    NOT_EXECUTED = "not_executed"
    """Surely not executed and not billed (over a quota, the request never left): it may be sent again."""
    DENIED = "denied"
    """Surely not executed, and repeating would not help before a person has mended it: credentials, rights, billing."""
    LOST = "lost"
    """Sent, but the answer was lost: it may have been executed and billed."""


@dataclass(frozen=True)
class AnswerError:
    """Why one feature of one picture has no answer."""

    failure: Failure
    message: str
    """A sentence a person can act on."""


@dataclass(frozen=True)
class Answer:
    """What came of one picture: every feature asked for is in `documents` or in `errors`, never in both."""

    sha256: str
    documents: dict[Feature, dict[str, Any]] = field(default_factory=dict)
    """By feature, its part of an AnnotateImageResponse; an empty list in it means "looked, none found"."""
    errors: dict[Feature, AnswerError] = field(default_factory=dict)


@dataclass(frozen=True)
class Ticket:
    """What stands for a batch between `submit` and `collect`; two plain strings, so that it can be stored."""

    annotator: str
    key: str


class UnknownAnnotatorError(Exception):
    """No annotator has this name."""


class UnknownTicketError(Exception):
    """The ticket is another annotator's, was collected before, or died with the process that gave it."""


class SubmitError(Exception):
    """A batch could not be handed over. `failure` says whether it may be sent again; it holds for the whole batch."""

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message


class Annotator(Protocol):
    """Looks at pictures. Safe to use from several threads at once."""

    @property
    def name(self) -> str: ...

    @property
    def stages(self) -> tuple[frozenset[Feature], ...]:
        """What it can look for, in the order in which it is best asked: what a galaxy is made of first, what is slow later.

        A feature that is in none of them is "not looked for".
        """
        ...

    @property
    def max_batch_size(self) -> int:
        """The most pictures of one `submit`."""
        ...

    @property
    def prices(self) -> PriceTable | None:
        """What a unit costs; None if looking is free."""
        ...

    @property
    def images_per_minute(self) -> int | None:
        """The quota that all workers together keep to; None for none."""
        ...

    @property
    def keeps_tickets(self) -> bool:
        """Whether a ticket can be collected by another process than the one that got it."""
        ...

    def model_of(self, feature: Feature) -> str:
        """Which model answers; with `parameters_of`, part of what makes an annotation unique."""
        ...

    def parameters_of(self, feature: Feature, options: AnnotateOptions) -> str:
        """A short string that changes whenever the same bytes could be answered differently by the same model."""
        ...

    def submit(self, batch: Sequence[PictureToAnnotate], options: AnnotateOptions) -> Ticket:
        """Begin. Raises ValueError for a batch larger than `max_batch_size`, SubmitError when it could not be handed over."""
        ...

    def collect(self, ticket: Ticket) -> list[Answer]:
        """Wait and fetch: one answer a picture, in the batch's order; whatever goes wrong from here on is an error in an answer.

        Raises UnknownTicketError.
        """
        ...


def features_of(annotator: Annotator) -> frozenset[Feature]:
    """Everything that an annotator can look for."""
    return frozenset().union(*annotator.stages)
