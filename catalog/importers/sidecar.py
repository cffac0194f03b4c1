"""What a library already knows of its pictures: one row a picture, in a table beside them or given by path.

`metadata.csv`: UTF-8 (with or without a byte order mark), separated by commas (or semicolons, or tabs), with a header line. The
columns, of which only `file` must be there:

    file, title, description, labels, creator, credit, licence, source_url, external_id, taken_at, place

`file` is the picture's path relative to the folder that holds the table, with "/" between its parts. `labels` are separated
by "|", each with an optional score from 0 to 1: `cat|tabby=0.8` (1 where none is given). `taken_at` is ISO 8601 as far as it is
known: `1923`, `1923-05`, `1923-05-01`, `1923-05-01T10:00`. `license` is understood as `licence`, `keywords` as `labels`, `date`
as `taken_at`. Other columns are ignored, so a table exported for something else will do.

`metadata.json`: the same names, as a list of objects or as one object from file to object. Its labels may be a list of terms, and
of {"term": "tabby", "score": 0.8}.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from typing import Any

from catalog.media import is_partial_date

SIDECAR_NAME = "metadata.csv"
JSON_SIDECAR_NAME = "metadata.json"
MAX_LABELS = 200
MAX_LABEL_LENGTH = 200
OTHER_NAMES = {"license": "licence", "keywords": "labels", "date": "taken_at"}


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
    taken_at: str = ""
    place: str = ""


COLUMNS = tuple(field.name for field in fields(SidecarRow))


class RowError(ValueError):
    """A row that cannot be used; the text says why."""


def key_of(location: str) -> str:
    """The form in which a row's file and a file's location are compared: macOS stores é as e and an accent."""
    return unicodedata.normalize("NFC", location)


def parse_row(values: Mapping[str, Any]) -> tuple[SidecarRow, str]:
    """A row from its cells by name, and what had to be left out of it ("" if nothing): a date that is none costs only itself.

    Raises RowError where the row cannot be used.
    """
    texts: dict[str, str] = {}
    labels: Any = ""
    for given, value in values.items():
        name = given.strip().lower()
        name = OTHER_NAMES.get(name, name)
        if name == "labels":
            labels = labels or value
        elif name in COLUMNS and not texts.get(name):
            texts[name] = _text_of(name, value)
    file = texts.pop("file", "")
    path = PurePosixPath(file)
    if not file or path.is_absolute() or ".." in path.parts:
        raise RowError(f"'file' must be a path inside the folder, but is '{file}'")
    complaint = ""
    if (taken_at := texts.get("taken_at", "")) and not is_partial_date(taken_at):
        complaint = f"the date '{taken_at[:40]}' is none; 1923, 1923-05 or 1923-05-01 was expected"
        texts["taken_at"] = ""
    return SidecarRow(str(path), labels=_labels_of(labels), **texts), complaint


def _text_of(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError(f"'{name}' must be a text, but is a {type(value).__name__}")
    return _clean(name, str(value))


def _clean(name: str, text: str) -> str:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise RowError(f"'{name}' is not UTF-8 text; save the table as 'CSV UTF-8'")
    return text.strip()


def _labels_of(value: Any) -> tuple[tuple[str, float], ...]:
    """The (term, score) pairs of a cell or of a JSON list. Of a term given twice, the first counts."""
    found: dict[str, float] = {}
    for term, score in _split_labels(_clean("labels", value)) if isinstance(value, str) else _list_labels(value):
        try:
            number = float(score)
        except (TypeError, ValueError):
            raise RowError(f"the score of a label must be a number from 0 to 1, but is '{score}'") from None
        if not 0 <= number <= 1:  # also not a number
            raise RowError(f"the score of a label must lie from 0 to 1, but is '{score}'")
        term = " ".join(term.split())
        if not term or len(term) > MAX_LABEL_LENGTH:
            raise RowError(f"a label must have 1 to {MAX_LABEL_LENGTH} characters, but one has {len(term)}")
        found.setdefault(term, number)
    if len(found) > MAX_LABELS:
        raise RowError(f"a picture may have {MAX_LABELS} labels, but this one has {len(found)}")
    return tuple(found.items())


def _split_labels(text: str) -> Iterable[tuple[str, Any]]:
    """`cat|tabby=0.8` as ("cat", 1), ("tabby", "0.8")."""
    for part in text.split("|"):
        if part.strip():
            term, sign, number = part.rpartition("=")
            yield (term, number.strip()) if sign else (part, 1)


def _list_labels(value: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, list):
        raise RowError(f"'labels' must be a text or a list, but is a {type(value).__name__}")
    for item in value:
        term, score = (item.get("term"), item.get("score", 1)) if isinstance(item, dict) else (item, 1)
        if not isinstance(term, str) or isinstance(score, bool):
            raise RowError('each of the labels must be a text or {"term": …, "score": …}')
        yield _clean("labels", term), score


def write_sidecar(rows: Iterable[SidecarRow]) -> bytes:
    """The bytes of a CSV table that reads back to the same rows. Labels may not contain "|"."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        labels = "|".join(f"{term}={score:g}" for term, score in row.labels)
        writer.writerow(labels if name == "labels" else getattr(row, name) for name in COLUMNS)
    return out.getvalue().encode()
