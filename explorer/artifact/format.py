"""What the files of a published galaxy are called, in which version, and how JSON is written: what every other module here needs.

docs/artifact.md describes the format, docs/adr/0001 and 0010 give the reasons; `explorer/frontend/src/api` is the other reader.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

# 1 (2025): one file of points. 2 (2026): an octree of chunks, tiles apart from points, parts by tile. A reader refuses another version.
FORMAT_VERSION = 2
POINTER_FORMAT = "galaxy-pointer"
MANIFEST_FORMAT = "galaxy-artifact"

POINTER_NAME = "current.json"  # the only file that is ever replaced
OBJECTS = "objects/"

# Compressed files still end in .bin: from a name that ends in .gz, storages and servers derive a Content-Encoding, some and
# not others, and the reader would get other bytes from each (FACTS.md).
CONTENT_TYPES = {
    ".json": "application/json",
    ".bin": "application/octet-stream",
    ".webp": "image/webp",
}

_OBJECT_NAME = re.compile(r"objects/[0-9a-f]{32}\.(?:json|bin|webp)")


class ArtifactError(ValueError):
    """An artifact cannot be written as asked, or what was read is not one."""


class OnProgress(Protocol):
    """Called now and then with the stage's name and how much of it is done; raising from it stops the work."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def object_name(data: bytes, extension: str) -> str:
    """Return the name under which these bytes are stored: their hash, so equal content has one name and never changes."""
    return f"{OBJECTS}{hashlib.sha256(data).hexdigest()[:32]}{extension}"


def check_name(name: Any) -> str:
    """Return `name` if it is one that `object_name` makes; a manifest must not lead its reader anywhere else."""
    if not isinstance(name, str) or not _OBJECT_NAME.fullmatch(name):
        raise ArtifactError(f"Expected an object's name like objects/<32 hex digits>.bin, got {name!r}.")
    return name


def check_version(document: Any, wanted: str) -> None:
    """Raise ArtifactError unless the document is of the version that we know; `wanted` says what it should be."""
    version = document.get("version") if isinstance(document, dict) else None
    if version != FORMAT_VERSION:
        raise ArtifactError(
            f"Expected {wanted} version {FORMAT_VERSION}, got {version!r}: publish again, or update Galaxy."
        )


def check_format(document: Any, wanted: str) -> None:
    """Raise ArtifactError unless the document says that it is of this format, in a version that we know."""
    found = document.get("format") if isinstance(document, dict) else None
    if found != wanted:
        raise ArtifactError(f"Expected a document of format {wanted!r}, got {found!r}.")
    check_version(document, wanted)


def encode_json(document: Any) -> bytes:
    """Return JSON as UTF-8, small, the same for the same input; NaN and infinity, which browsers refuse, raise ArtifactError."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"Expected plain JSON values with finite numbers, got something else: {error}.") from error


def decode_json(data: bytes, name: str) -> Any:
    """Parse JSON; what is not JSON raises ArtifactError that names the file."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise ArtifactError(f"Expected JSON in {name}, got {data[:20]!r}...: {error}.") from error


@contextmanager
def reading(expected: str) -> Iterator[None]:
    """Turn what goes wrong while a document is taken apart into an ArtifactError: "Expected `expected` where this is missing or wrong"."""
    try:
        yield
    except ArtifactError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ArtifactError(f"Expected {expected} where this is missing or wrong: {error}.") from error


def read_known(kind: type[T], values: dict[str, Any]) -> T:
    """Build a dataclass from the keys that it knows; lists become tuples, and what is called `url` must be an object's name."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # T is a dataclass
    known = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key in names}
    if "url" in names:
        check_name(values["url"])
    return kind(**known)
