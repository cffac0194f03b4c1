"""What both sample libraries share: writing files whole or not at all, and reporting what was done."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OnProgress = Callable[[str, int, int], None]
"""Called as (stage, done, total); raising from it cancels."""


class MissingPackageError(Exception):
    """A package that holds sample pictures is not installed; the text says how to install it."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The sample pictures of {package} are not installed. "
            "Install them with: python -m pip install -r requirements-sample.txt"
        )


@dataclass(frozen=True)
class SampleReport:
    """What a run did."""

    written: int
    """Pictures made by this run."""
    kept: int
    """Pictures that were there already, and were left as they are."""
    skipped: dict[str, int]
    """Pictures of the package that the library leaves out, counted by reason."""


def write_if_absent(path: Path, make: Callable[[], bytes]) -> bool:
    """Write a file unless it exists; tells whether it wrote. An interrupted run leaves no half file under that name."""
    if path.exists():
        return False
    _write_whole(path, make())
    return True


def write_if_changed(path: Path, data: bytes) -> None:
    """Write a file unless it holds just these bytes."""
    if not path.exists() or path.read_bytes() != data:
        _write_whole(path, data)


def _write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")  # importers pass over names that begin with a dot
    part.write_bytes(data)
    os.replace(part, path)  # noqa: PTH105 - the name says that an existing file is replaced
