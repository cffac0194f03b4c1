"""Files that a person sent as a source: single pictures, archives of pictures, and a table that tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from catalog.importers.archive import ZipLimits, read_zip
from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.sidecar import JSON_SIDECAR_NAME, SIDECAR_NAME
from catalog.importers.sidecar_table import SidecarTable


@dataclass(frozen=True)
class SentFile:
    """One file as it was sent. What it is called says nothing of what it is, tables excepted."""

    name: str
    fingerprint: str
    is_archive: bool
    """Told by its first bytes."""
    open: Callable[[], BinaryIO]
    """A new stream of its bytes; an archive must be seekable, and stay open until the last candidate is read."""


def is_table(name: str) -> bool:
    """Whether a file of this name tells of the others."""
    return name.lower() in (SIDECAR_NAME, JSON_SIDECAR_NAME)


def read_upload(files: Sequence[SentFile], *, limits: ZipLimits) -> Iterator[Candidate | Refused]:
    """Offer what was sent: tables are read first, then each file is a candidate, or an archive that is read where it lies.

    A member of an archive has the location `archive.zip/folder/name.jpg`. An archive that cannot be read at all is refused, and the
    rest goes on. A table beside an archive tells of single files only; the archive has its own. A single file is a candidate
    whatever it is called: only its bytes decide.
    """
    with SidecarTable() as table:
        for file in files:
            if is_table(file.name):
                with file.open() as stream:
                    yield from table.load(stream, file.name.lower())
        for file in files:
            if is_table(file.name):
                continue
            if not file.is_archive:
                yield table.describe(Candidate(file.name, file.fingerprint, partial(_read, file)))
                continue
            try:
                yield from read_zip(file.open(), file.name, limits=limits, prefix=f"{file.name}/")
            except SourceError as error:
                yield Refused(file.name, "bad_archive", str(error))
        yield from table.left_over()


def _read(file: SentFile) -> bytes:
    try:
        with file.open() as stream:
            return stream.read()
    except OSError as error:
        raise CandidateError("vanished", f"{file.name} is not there any more. Send it again.") from error
