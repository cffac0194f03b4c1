"""Reading a table of what a library knows, and finding for each candidate its row."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from catalog.importers.base import Candidate, Refused, SourceError
from catalog.importers.sidecar import RowError, SidecarRow, key_of, parse_row

MAX_JSON_BYTES = 64 * 1024**2  # a JSON table is taken into memory whole

_MAX_LINE = 1_000_000  # characters read at once, so that a file without line ends does not fill the memory
_KNOWN = [field.name for field in fields(SidecarRow) if field.name != "file"]

Values = dict[str, Any]


class _TableError(ValueError):
    """A table that cannot be used at all; the text says why."""


class SidecarTable:
    """The rows of a source that have not met their file yet. Memory: one small object a row."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[str, str, SidecarRow]] = {}
        self._seen: set[str] = set()

    def load(self, stream: BinaryIO, name: str) -> Iterator[Refused]:
        """Take the rows of a table; yields those that cannot be used. What an earlier table told of a file holds."""
        for item in read_sidecar(stream, name):
            if isinstance(item, Refused):
                yield item
                continue
            place, row = item
            key = key_of(row.file)
            if key in self._seen:
                yield _refuse_row(name, place, f"an earlier table has a row for '{row.file}' already")
                continue
            self._seen.add(key)
            self._rows[key] = name, place, row

    def load_file(self, path: Path) -> Iterator[Refused]:
        """Take the rows of a table that a person named, and that `require_table` has seen."""
        with path.expanduser().open("rb") as stream:
            yield from self.load(stream, path.name)

    def describe(self, candidate: Candidate) -> Candidate:
        """The candidate with what its row says, if there is one; the row is met by that."""
        _name, _place, row = self._rows.pop(key_of(candidate.location), ("", "", None))
        if row is None:
            return candidate
        digest = hashlib.sha256(repr(row).encode()).hexdigest()[:16]
        # Without a fingerprint of the file nobody can know that it is unchanged, whatever the row says.
        fingerprint = f"{candidate.fingerprint}-{digest}" if candidate.fingerprint else ""
        return replace(candidate, fingerprint=fingerprint, **{name: getattr(row, name) for name in _KNOWN})

    def left_over(self, exists: Callable[[str], bool] | None = None) -> Iterator[Refused]:
        """The rows that no candidate has met; `exists`, where that is cheap, says whether the source has such a file at all."""
        for name, place, row in self._rows.values():
            reason = "is not among the pictures that could be imported"
            if exists is not None:
                reason = "is not a picture that could be imported" if exists(row.file) else "does not exist"
            yield _refuse_row(name, place, f"'{row.file}' {reason}", "sidecar_without_file")


def require_table(path: Path) -> None:
    """Raise SourceError unless a table that a person named can be opened."""
    try:
        path.expanduser().open("rb").close()
    except OSError as error:
        raise SourceError(f"The table {path} cannot be read: {error.strerror or error}. Check the path.") from error


def read_sidecar(stream: BinaryIO, name: str = "metadata.csv") -> Iterator[tuple[str, SidecarRow] | Refused]:
    """Read a table row by row: (where it stands, the row) for good rows, `Refused` for what is not. Raises nothing of its own.

    A name that ends in .json is read as JSON, any other as CSV. A later row for a file that has one already is refused.
    """
    seen: set[str] = set()
    rows = _read_json(stream) if name.lower().endswith(".json") else _read_csv(stream)
    try:
        for place, values in rows:
            try:
                if isinstance(values, str):
                    raise RowError(values)
                row, complaint = parse_row(values)
                if key_of(row.file) in seen:
                    raise RowError(f"'{row.file}' has a row already; only the first counts")
            except RowError as error:
                yield _refuse_row(name, place, str(error))
                continue
            seen.add(key_of(row.file))
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
