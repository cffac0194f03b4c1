"""`metadata.csv`: what a library already knows about its pictures, in one table beside them.

UTF-8 (with or without a byte order mark), separated by commas (or semicolons, or tabs), with a header line. The columns, of
which only `file` must be there:

    file, title, description, labels, creator, credit, licence, source_url, external_id

`file` is the picture's path relative to the folder that holds the table, with "/" between its parts. `labels` are separated
by "|", each with an optional score from 0 to 1: `cat|tabby=0.8` (1 where none is given). `license` is understood as
`licence`. Other columns are ignored, so a table exported for something else will do.
"""

from __future__ import annotations

import csv
import io
import itertools
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import BinaryIO, TextIO

from catalog.importers.base import Refused

SIDECAR_NAME = "metadata.csv"
MAX_LABELS = 200
MAX_LABEL_LENGTH = 200

_MAX_LINE = 1_000_000  # characters read at once, so that a file without line ends does not fill the memory


@dataclass(frozen=True)
class SidecarRow:
    """What one row says of one picture."""

    file: str
    title: str = ""
    description: str = ""
    labels: tuple[tuple[str, float], ...] = ()
    creator: str = ""
    credit: str = ""
    licence: str = ""
    source_url: str = ""
    external_id: str = ""


COLUMNS = tuple(field.name for field in fields(SidecarRow))


class _RowError(ValueError):
    """A row that cannot be used; the text says why."""


def key_of(location: str) -> str:
    """The form in which a row's file and a file's location are compared: macOS stores é as e and an accent."""
    return unicodedata.normalize("NFC", location)


def read_sidecar(stream: BinaryIO) -> Iterator[tuple[int, SidecarRow] | Refused]:
    """Read a table row by row: (line number, row) for good rows, `Refused` for those that are not. Raises nothing of its own.

    A later row for a file that has one already is refused.
    """
    # Bytes that are not UTF-8 arrive as surrogates, so that they cost their own row only.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _read_rows(text)
    finally:
        text.detach()  # the stream is the caller's to close


def _read_rows(text: TextIO) -> Iterator[tuple[int, SidecarRow] | Refused]:
    first_line = text.readline(_MAX_LINE)
    delimiter = max(",;\t", key=first_line.count)  # spreadsheets write semicolons where the comma divides numbers
    lines = itertools.chain([first_line], iter(lambda: text.readline(_MAX_LINE), ""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = [cell.strip().lower() for cell in next(reader, [])]
        header = ["licence" if name == "license" else name for name in names]
    except csv.Error as error:
        header, reason = [], f" ({error})"
    else:
        reason = f", but it has: {', '.join(header)[:200]}" if header else ", but it is empty"
    if "file" not in header:
        yield Refused(
            SIDECAR_NAME,
            "bad_sidecar",
            f"{SIDECAR_NAME} must begin with a line of column names, one of them 'file'{_readable(reason)}. "
            "Pictures are imported without it.",
        )
        return
    seen: set[str] = set()
    while True:
        try:
            cells = next(reader)
            if not any(cell.strip() for cell in cells):
                continue
            row = _parse_row(header, cells)
            if key_of(row.file) in seen:
                raise _RowError(f"'{row.file}' has a row already; only the first counts")
        except StopIteration:
            return
        except (csv.Error, _RowError) as error:
            yield Refused(
                f"{SIDECAR_NAME}, line {reader.line_num}",
                "bad_sidecar_row",
                f"Line {reader.line_num} of {SIDECAR_NAME} is left out: {_readable(str(error))}.",
            )
        else:
            seen.add(key_of(row.file))
            yield reader.line_num, row


def _parse_row(header: list[str], cells: list[str]) -> SidecarRow:
    if len(cells) > len(header):
        raise _RowError(
            f"it has {len(cells)} cells where the header has {len(header)} (a comma in a text needs quotes around the text)"
        )
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name in COLUMNS}
    for name, value in values.items():
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise _RowError(f"'{name}' is not UTF-8 text; save the table as 'CSV UTF-8'")
    file = values.pop("file", "")
    path = PurePosixPath(file)
    if not file or path.is_absolute() or ".." in path.parts:
        raise _RowError(f"'file' must be a path inside the folder, but is '{file}'")
    return SidecarRow(str(path), labels=_parse_labels(values.pop("labels", "")), **values)


def _parse_labels(text: str) -> tuple[tuple[str, float], ...]:
    """`cat|tabby=0.8` as (("cat", 1.0), ("tabby", 0.8)). Of a term given twice, the first counts."""
    found: dict[str, float] = {}
    for part in text.split("|"):
        if not part.strip():
            continue
        term, sign, number = part.rpartition("=")
        try:
            score = float(number) if sign else 1.0
        except ValueError:
            raise _RowError(f"the score of a label must be a number from 0 to 1, but is '{number.strip()}'") from None
        if not 0 <= score <= 1:  # also not a number
            raise _RowError(f"the score of a label must lie from 0 to 1, but is '{number.strip()}'")
        term = " ".join((term if sign else part).split())
        if not term or len(term) > MAX_LABEL_LENGTH:
            raise _RowError(f"a label must have 1 to {MAX_LABEL_LENGTH} characters, but one has {len(term)}")
        found.setdefault(term, score)
    if len(found) > MAX_LABELS:
        raise _RowError(f"a picture may have {MAX_LABELS} labels, but this one has {len(found)}")
    return tuple(found.items())


def _readable(text: str) -> str:
    """Text that can be stored and printed, whatever bytes it came from."""
    return text.encode("utf-8", "backslashreplace").decode()


def write_sidecar(rows: Iterable[SidecarRow]) -> bytes:
    """The bytes of a table that `read_sidecar` reads back to the same rows. Labels may not contain "|"."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        labels = "|".join(f"{term}={score:g}" for term, score in row.labels)
        writer.writerow(labels if name == "labels" else getattr(row, name) for name in COLUMNS)
    return out.getvalue().encode()
