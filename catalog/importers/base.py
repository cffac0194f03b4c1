"""What every importer yields and raises, whatever the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class SourceError(Exception):
    """The whole source cannot be used: it does not exist, is of the wrong kind, or may not be read."""


class CandidateError(Exception):
    """One candidate's bytes could not be read, although it was there when the source was listed.

    `code` is stable and counted (unreadable, vanished, symlink_outside, not_a_file, too_large); `message` names the file.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Candidate:
    """One file of a source that may be a picture, with what the library already knows about it."""

    location: str
    """Path relative to the source, with "/" between its parts: valid Unicode, and a name only. Nothing is written there."""
    fingerprint: str
    """Changes when the file, or what the sidecar says of it, changes; got without reading the file. "" if unknown."""
    read: Callable[[], bytes]
    """Fetch the bytes; raises `CandidateError`."""
    title: str = ""
    external_id: str = ""
    description: str = ""
    creator: str = ""
    credit: str = ""
    licence: str = ""
    source_url: str = ""
    taken_at: str = ""
    """When it was taken or made: ISO 8601, as far as known ("1923", "1923-05", "1923-05-01T10:00:00+02:00")."""
    place: str = ""
    """Where, in words."""
    labels: tuple[tuple[str, float], ...] = ()
    """(term, score) pairs, scores from 0 to 1."""
    uri: str = ""
    """Where the original can be read later, if that is not the source and the location joined by "/"."""
    generation: str = ""
    """Which version of the original it is, where the store numbers them."""


@dataclass(frozen=True)
class Refused:
    """Something in the source that cannot become a candidate, and why."""

    location: str
    """The file, folder or sidecar row ("metadata.csv, row 7")."""
    code: str
    message: str
