"""An artifact's files in a folder, with nothing else of Galaxy: for benchmarks and tests."""

from functools import cached_property
from pathlib import Path

__all__ = ["FolderSink"]


class FolderSink:
    """Writes to, and reads from, one folder; what parts were made from lies beside it, in a file that is no part of the galaxy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory = folder / "remembered"

    def size_of(self, name: str) -> int | None:
        """See `explorer.artifact.store.Sink`, for this and all others."""
        path = self._folder / name
        return path.stat().st_size if path.exists() else None

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Whole or not at all."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(data)
        part.replace(path)

    def get(self, name: str) -> bytes:
        """As it was put."""
        return (self._folder / name).read_bytes()

    @cached_property
    def _remembered(self) -> dict[str, str]:
        lines = self._memory.read_text().splitlines() if self._memory.exists() else []
        return dict(line.split() for line in lines)

    def recall(self, key: str) -> str | None:
        """What an earlier run remembered counts too."""
        return self._remembered.get(key)

    def remember(self, key: str, name: str) -> None:
        """At once, so that a killed run goes on."""
        self._remembered[key] = name
        with self._memory.open("a") as file:
            file.write(f"{key} {name}\n")
