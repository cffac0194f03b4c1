"""A manifest: a table whose rows name pictures by address or by path, with what the library knows of each.

The columns are those of `metadata.csv` (catalog/importers/sidecar.py), and `url`: an address on the web, instead of `file`, a path relative
to the table that stays inside its folder.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Final

from catalog.importers.base import Candidate, CandidateError, Refused, SourceError
from catalog.importers.fetch import Fetcher
from catalog.importers.folder import read_file
from catalog.importers.sidecar import RowError, SidecarRow, parse_row

_KNOWN: Final = [field.name for field in fields(SidecarRow) if field.name != "file"]


def is_manifest(path: Path) -> bool:
    """Whether a file is a table with a column `url` or `file`."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            header = stream.readline(100_000)
    except OSError:
        return False
    return bool({"url", "file"} & {cell.strip().strip('"').lower() for cell in header.replace(";", ",").split(",")})


def read_manifest(path: Path, fetcher: Fetcher, *, max_bytes: int) -> Iterator[Candidate | Refused]:
    """Offer what each row names, in order; a row that cannot be used is refused and the rest goes on.

    A row's fingerprint is what it says (and, for files, size and time), so that importing again fetches only what is new
    or changed in the table.

    Raises
    ------
    SourceError: the table cannot be read.
    """
    try:
        stream = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise SourceError(f"The table {path} cannot be read: {error.strerror or error}.") from error
    with stream:
        sample = stream.readline(100_000)
        stream.seek(0)
        delimiter = max(",;\t", key=sample.count)
        for line, row in enumerate(csv.DictReader(stream, delimiter=delimiter), start=2):
            try:
                yield _candidate(row, path.parent, fetcher, max_bytes)
            except (RowError, CandidateError) as error:
                yield Refused(
                    f"{path.name}, line {line}", "bad_row", f"Line {line} of {path.name} is left out: {error}."
                )


def _candidate(row: dict[str, Any], folder: Path, fetcher: Fetcher, max_bytes: int) -> Candidate:
    values = {str(name).strip().lower(): value for name, value in row.items() if isinstance(value, str)}
    url = values.pop("url", "").strip()
    known, _complaint = parse_row({**values, "file": values.get("file") or ("row" if url else "")})
    said = {name: getattr(known, name) for name in _KNOWN}
    digest = hashlib.sha256(repr((url, said)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    if url:
        if not said["source_url"]:
            said["source_url"] = url
        return Candidate(location=url, fingerprint=digest, read=partial(_fetch, url, fetcher), **said)
    status = (folder / known.file).stat() if (folder / known.file).is_file() else None
    fingerprint = f"{status.st_size}-{status.st_mtime_ns}-{digest}" if status else ""
    read = partial(read_file, folder, known.file, max_bytes)
    return Candidate(location=known.file, fingerprint=fingerprint, read=read, **said)


def _fetch(url: str, fetcher: Fetcher) -> bytes:
    return fetcher.get(url).data
