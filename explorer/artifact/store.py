"""Where the files of an artifact go, and what is remembered of them so that a run can be taken up again."""

from typing import Protocol

from explorer.artifact.format import CONTENT_TYPES, ArtifactError, object_name


class Sink(Protocol):
    """One galaxy's files; names are relative to its own prefix. Called from one thread."""

    def size_of(self, name: str) -> int | None:
        """Return the size in bytes of a file that is there, whole; None if it is not."""
        ...

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Write a file."""
        ...

    def get(self, name: str) -> bytes:
        """Read a file that was written, now or earlier."""
        ...

    def recall(self, key: str) -> str | None:
        """Return the name that was remembered under this key; None if none was, or if it was forgotten."""
        ...

    def remember(self, key: str, name: str) -> None:
        """Keep the name of a file under the hash of all that it was made from."""
        ...


class Store:
    """Puts content under its own name, once, and counts."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._sizes: dict[str, int] = {}
        self.n_new = 0
        self.n_new_bytes = 0

    def add(self, data: bytes, extension: str) -> str:
        """Write a file if it is not there yet and return its name."""
        name = object_name(data, extension)
        if name not in self._sizes and self._sink.size_of(name) is None:
            self._sink.put(name, data, CONTENT_TYPES[extension])
            self.n_new += 1
            self.n_new_bytes += len(data)
        self._sizes[name] = len(data)
        return name

    def get(self, name: str) -> bytes:
        """Read a file back."""
        return self._sink.get(name)

    def size_of(self, name: str) -> int:
        """Return the size of a file that this publication needs; raises ArtifactError if it is not there."""
        size = self._sizes.get(name)
        size = self._sink.size_of(name) if size is None else size
        if size is None:
            raise ArtifactError(
                f"Expected {name} of the last publication, found no such file: publish all of it again."
            )
        return size

    def recall(self, key: str) -> str | None:
        """Return the name of the file that was made from the same input earlier, if it is still there."""
        name = self._sink.recall(key)
        return name if name is not None and self._sink.size_of(name) is not None else None

    def remember(self, key: str, name: str) -> None:
        """Note what a file was made from."""
        self._sink.remember(key, name)
