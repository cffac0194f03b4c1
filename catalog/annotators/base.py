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


class Feature(StrEnum):
    """What can be looked for; the names are Cloud Vision's."""

    LABEL_DETECTION = "LABEL_DETECTION"
    OBJECT_LOCALIZATION = "OBJECT_LOCALIZATION"
    FACE_DETECTION = "FACE_DETECTION"
    LANDMARK_DETECTION = "LANDMARK_DETECTION"
    LOGO_DETECTION = "LOGO_DETECTION"
    TEXT_DETECTION = "TEXT_DETECTION"
    DOCUMENT_TEXT_DETECTION = "DOCUMENT_TEXT_DETECTION"
    SAFE_SEARCH_DETECTION = "SAFE_SEARCH_DETECTION"
    IMAGE_PROPERTIES = "IMAGE_PROPERTIES"
    CROP_HINTS = "CROP_HINTS"
    WEB_DETECTION = "WEB_DETECTION"


@dataclass(frozen=True)
class PictureToAnnotate:
    """One picture to look at. It is read only when its turn comes, so a batch costs no memory while it waits."""

    sha256: str
    read: Callable[[], bytes]
    """Gives the JPEG of the small rendition: upright, sRGB, short side 320 px."""
    features: tuple[Feature, ...]


@dataclass(frozen=True)
class Answer:
    """What came of one picture: every feature asked for is in `documents` or in `errors`, never in both."""

    sha256: str
    documents: dict[Feature, dict[str, Any]] = field(default_factory=dict)
    """By feature, its part of an AnnotateImageResponse; an empty list in it means "looked, none found"."""
    errors: dict[Feature, str] = field(default_factory=dict)
    """By feature, why there is no answer, in a sentence a person can act on."""


@dataclass(frozen=True)
class Ticket:
    """What stands for a batch between `submit` and `collect`; two plain strings, so that it can be stored."""

    annotator: str
    key: str


class UnknownAnnotatorError(Exception):
    """No annotator has this name."""


class UnknownTicketError(Exception):
    """The ticket is another annotator's, was collected before, or died with the process that gave it."""


class Annotator(Protocol):
    """Looks at pictures. Safe to use from several threads at once."""

    @property
    def name(self) -> str: ...

    @property
    def features(self) -> frozenset[Feature]:
        """What it can look for; anything else is "not looked for"."""
        ...

    @property
    def max_batch_size(self) -> int:
        """The most pictures of one `submit`."""
        ...

    def model_of(self, feature: Feature) -> str:
        """Which model answers; with `parameters_of`, part of what makes an annotation unique."""
        ...

    def parameters_of(self, feature: Feature) -> str:
        """A short string that changes whenever the same bytes could be answered differently by the same model."""
        ...

    def submit(self, batch: Sequence[PictureToAnnotate]) -> Ticket:
        """Begin. Raises ValueError for a batch larger than `max_batch_size`."""
        ...

    def collect(self, ticket: Ticket) -> list[Answer]:
        """Wait and fetch: one answer a picture, in the batch's order; a bad picture is an error in its answer.

        Raises UnknownTicketError.
        """
        ...
