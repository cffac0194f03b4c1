"""Reading a table of what a library knows, and finding for each candidate its row."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from catalog.importers.base import Candidate, Refused, SourceError
from catalog.importers.sidecar import COLUMNS, RowError, SidecarRow, key_of, parse_row

MAX_JSON_BYTES = 64 * 1024**2  # a JSON table is taken into memory whole

_MAX_LINE = 1_000_000  # characters read at once, so that a file without line ends does not fill the memory

Values = dict[str, Any]


class _TableError(ValueError):
    """A table that cannot be used at all; the text says why."""


class SidecarTable:
    """The rows of a source that have not met their file yet; open it with `with`.

    They lie in a temporary database, not in memory: a library of a million pictures has a million rows, a kilobyte each.
    """

    def __init__(self) -> None:
        self._rows = sqlite3.connect(
            ""
        )  # a file of SQLite's own that nobody else sees, written only when it grows large
        self._rows.execute("PRAGMA cache_size = -4000")
        self._rows.execute("CREATE TABLE row (key TEXT PRIMARY KEY, place TEXT, known TEXT, met INTEGER) WITHOUT ROWID")

    def __enter__(self) -> SidecarTable:
        return self

    def __exit__(self, *error: object) -> None:
        self._rows.close()

    def load(self, stream: BinaryIO, name: str) -> Iterator[Refused]:
        """Take the rows of a table; yields those that cannot be used. Of two rows for a file the first holds."""
        for item in read_sidecar(stream, name):
            if isinstance(item, Refused):
                yield item
                continue
            place, row = item
            known = json.dumps([getattr(row, field) for field in COLUMNS])
            values = (key_of(row.file), json.dumps([name, place]), known)
            if not self._rows.execute("INSERT OR IGNORE INTO row VALUES (?, ?, ?, 0)", values).rowcount:
                yield _refuse_row(name, place, f"'{row.file}' has a row already; only the first counts")

    def load_file(self, path: Path) -> Iterator[Refused]:
        """Take the rows of a table that a person named, and that `require_table` has seen."""
        with path.expanduser().open("rb") as stream:
            yield from self.load(stream, path.name)

    def describe(self, candidate: Candidate) -> Candidate:
        """The candidate with what its row says, if there is one that no other has met."""
        key = (key_of(candidate.location),)
        found = self._rows.execute("SELECT known FROM row WHERE key = ? AND NOT met", key).fetchone()
        if found is None:
            return candidate
        self._rows.execute("UPDATE row SET met = 1 WHERE key = ?", key)
        digest = hashlib.sha256(found[0].encode()).hexdigest()[:16]
        # Without a fingerprint of the file nobody can know that it is unchanged, whatever the row says.
        fingerprint = f"{candidate.fingerprint}-{digest}" if candidate.fingerprint else ""
        known = dict(zip(COLUMNS, json.loads(found[0]), strict=True))
        del known["file"]
        known["labels"] = tuple((term, score) for term, score in known["labels"])
        return replace(candidate, fingerprint=fingerprint, **known)

    def left_over(self, exists: Callable[[str], bool] | None = None) -> Iterator[Refused]:
        """The rows that no candidate has met; `exists`, where that is cheap, says whether the source has such a file at all."""
        for given, known in self._rows.execute("SELECT place, known FROM row WHERE NOT met"):
            name, place = json.loads(given)
            file = json.loads(known)[0]
            reason = "is not among the pictures that could be imported"
            if exists is not None:
                reason = "is not a picture that could be imported" if exists(file) else "does not exist"
            yield _refuse_row(name, place, f"'{file}' {reason}", "sidecar_without_file")


def require_table(path: Path) -> None:
    """Raise SourceError unless a table that a person named can be opened."""
    try:
        path.expanduser().open("rb").close()
    except OSError as error:
        raise SourceError(f"The table {path} cannot be read: {error.strerror or error}. Check the path.") from error


def read_sidecar(stream: BinaryIO, name: str = "metadata.csv") -> Iterator[tuple[str, SidecarRow] | Refused]:
    """Read a table row by row: (where it stands, the row) for good rows, `Refused` for what is not. Raises nothing of its own.

    A name that ends in .json is read as JSON, any other as CSV.
    """
    rows = _read_json(stream) if name.lower().endswith(".json") else _read_csv(stream)
    try:
        for place, values in rows:
            try:
                if isinstance(values, str):
                    raise RowError(values)
                row, complaint = parse_row(values)
            except RowError as error:
                yield _refuse_row(name, place, str(error))
                continue
            if complaint:
                yield Refused(f"{name}, {place}", "bad_sidecar_value", _readable(f"{name}, {place}: {complaint}."))
            yield place, row
    except _TableError as error:
        yield Refused(name, "bad_sidecar", _readable(f"{name} {error}. Pictures are imported without it."))


def _read_csv(stream: BinaryIO) -> Iterator[tuple[str, Values | str]]:
    """Each row's place and cells by column, or why it has none."""
    # Bytes that are not UTF-8 arrive as surrogates, so that they cost their own row only.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _read_rows(text)
    finally:
        text.detach()  # the stream is the caller's to close


def _read_rows(text: TextIO) -> Iterator[tuple[str, Values | str]]:
    first_line = text.readline(_MAX_LINE)
    delimiter = max(",;\t", key=first_line.count)  # spreadsheets write semicolons where the comma divides numbers
    lines = itertools.chain([first_line], iter(lambda: text.readline(_MAX_LINE), ""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        header, reason = [], f" ({error})"
    else:
        reason = f", but it has: {', '.join(header)[:200]}" if header else ", but it is empty"
    if "file" not in header:
        raise _TableError(f"must begin with a line of column names, one of them 'file'{reason}")
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"line {reader.line_num}", str(error)
            continue
        if len(cells) > len(header):
            many = f"it has {len(cells)} cells where the header has {len(header)}"
            yield f"line {reader.line_num}", f"{many} (a comma in a text needs quotes around the text)"
        elif any(cell.strip() for cell in cells):
            yield f"line {reader.line_num}", dict(zip(header, cells, strict=False))


def _read_json(stream: BinaryIO) -> Iterator[tuple[str, Values | str]]:
    """Each object's place and values, or why it has none."""
    data = stream.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise _TableError(f"is larger than {MAX_JSON_BYTES // 1024**2} MB; a CSV may be of any size")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _TableError(f"is not JSON in UTF-8 ({error})") from error
    if isinstance(document, dict):
        pairs = (
            (f"entry {file!r}", {**values, "file": file} if isinstance(values, dict) else values)
            for file, values in document.items()
        )
    elif isinstance(document, list):
        pairs = ((f"item {number}", values) for number, values in enumerate(document, start=1))
    else:
        raise _TableError("must hold a list of objects, or one object from file to object")
    for place, values in pairs:
        yield place, values if isinstance(values, dict) else f"an object was expected, but it is '{str(values)[:40]}'"


def _refuse_row(name: str, place: str, reason: str, code: str = "bad_sidecar_row") -> Refused:
    text = f"{place[0].upper()}{place[1:]} of {name} is left out: {reason}."
    return Refused(_readable(f"{name}, {place}"), code, _readable(text))


def _readable(text: str) -> str:
    """Text that can be stored and printed, whatever bytes it came from."""
    return text.encode("utf-8", "backslashreplace").decode()
