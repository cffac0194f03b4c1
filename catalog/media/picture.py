"""What the media package hands out: a verified picture, its renditions, and the error that refuses one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MetadataValue = str | int | float | list[str]


class ErrorCode(StrEnum):
    """Why a picture was refused. The values are stored and counted: add, never rename."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNDECODABLE = "undecodable"


class PictureError(Exception):
    """These bytes cannot become a picture of the library.

    `code` is one of `ErrorCode`; `message` says what was expected, what came, and how to mend it.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class RenditionData:
    """One derived picture: upright, sRGB, 8 bits, three channels, no metadata, JPEG."""

    kind: str
    """"small" (short side 320) or "view" (long side 2,048)."""
    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class VerifiedPicture:
    """What was found in the bytes of one picture. All sizes and coordinates are in the upright frame, in pixels."""

    sha256: str
    size_bytes: int
    format: str
    """JPEG, PNG, WEBP, GIF, TIFF, BMP, AVIF or HEIF: what the bytes are, whatever the file was called."""
    width: int
    height: int
    mean_colour: tuple[int, int, int]
    """Mean sRGB of the picture, each pixel weighed by its opacity; white if nothing in it is visible."""
    perceptual_hash: int | None
    """See `catalog.media.perceptual_hash`; None for a picture too plain to be told from others."""
    metadata: dict[str, MetadataValue]
    """See `catalog.media.metadata.read_metadata` for the keys; every value can be stored as JSON."""
    renditions: tuple[RenditionData, ...]
    """The small one, then the view."""
