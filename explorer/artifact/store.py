"""Where the files of an artifact go, and what is remembered of them so that a run can be taken up again."""

from collections.abc import Callable
from typing import Protocol

from explorer.artifact.format import CONTENT_TYPES, object_name


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
        self.objects: dict[str, int] = {}
        """Size of every file that this publication needs, by name."""
        self.n_new = 0
        self.n_new_bytes = 0

    def add(self, data: bytes, extension: str) -> str:
        """Write a file if it is not there yet and return its name."""
        name = object_name(data, extension)
        if name not in self.objects and self._sink.size_of(name) is None:
            self._sink.put(name, data, CONTENT_TYPES[extension])
            self.n_new += 1
            self.n_new_bytes += len(data)
        self.objects[name] = len(data)
        return name

    def get(self, name: str) -> bytes:
        """Read a file back."""
        return self._sink.get(name)

    def keep(self, name: str) -> bool:
        """Count a file that was written earlier as one of this publication's. False if it is not there any more."""
        size = self._sink.size_of(name)
        if size is None:
            return False
        self.objects[name] = size
        return True

    def recall(self, key: str) -> str | None:
        """Return the name of the file that was made from the same input earlier, if it is still there."""
        name = self._sink.recall(key)
        return name if name is not None and self.keep(name) else None

    def remember(self, key: str, name: str) -> None:
        """Note what a file was made from."""
        self._sink.remember(key, name)

    def make(self, key: str, extension: str, encode: Callable[[], bytes]) -> str:
        """Return the name of the file of this key: recalled, or else made now and remembered."""
        name = self.recall(key)
        if name is None:
            name = self.add(encode(), extension)
            self.remember(key, name)
        return name
