"""Where an artifact's files go and come from: a galaxy's prefix in the storage `galaxies`."""

from concurrent.futures import Future
from functools import partial
from types import TracebackType

from catalog.models import ArtifactPart, Galaxy
from catalog.services.media import read_file, storage_of, write_file
from explorer.artifact import OBJECTS
from explorer.services.upload_pool import UploadPool, upload_threads

__all__ = ["GalaxySink", "GalaxySource", "list_objects"]

PARTS_SAVED_TOGETHER = 64  # what a kill may lose, to be made again


def list_objects(galaxy: Galaxy) -> set[str]:
    """Return the names of a galaxy's objects that there are, by one listing; a million images are some twelve thousand."""
    try:
        _folders, files = storage_of("galaxies").listdir(f"{galaxy.uuid}/{OBJECTS}")
    except FileNotFoundError:
        return set()
    return {f"{OBJECTS}{name}" for name in files if not name.startswith(".")}


class GalaxySource:
    """A galaxy's files, to be read."""

    def __init__(self, galaxy: Galaxy) -> None:
        self._prefix = f"{galaxy.uuid}/"

    def get(self, name: str) -> bytes:
        """The file, whole."""
        return read_file("galaxies", self._prefix + name)


class GalaxySink:
    """A galaxy's files, to be written, several at a time; leave it to wait for the last, and to hear of one that failed.

    What a killed run left is found by name, and which part it was by its key: neither is made again.
    """

    def __init__(self, galaxy: Galaxy) -> None:
        self._galaxy = galaxy
        self._prefix = f"{galaxy.uuid}/"
        self._present = list_objects(galaxy)
        rows = ArtifactPart.objects.filter(galaxy=galaxy).values_list("key", "storage_name")
        self._parts = {key: name.removeprefix(self._prefix) for key, name in rows.iterator(10_000)}
        self._pool = UploadPool(upload_threads(storage_of("galaxies")))
        self._uploads: dict[str, tuple[Future[None], int]] = {}
        self._unsaved: dict[str, str] = {}
        self.n_new_bytes = 0

    def __enter__(self) -> "GalaxySink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._pool.__exit__(kind, error, traceback)
        finally:
            self._save_parts()

    def exists(self, name: str) -> bool:
        """Whether the object is there, whole, or on its way."""
        return name in self._present

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Write one object; the storage derives the content type from the name, as every file server does."""
        upload = self._pool.submit(partial(write_file, "galaxies", self._prefix + name, data))
        self._uploads[name] = (upload, len(data))
        self._present.add(name)
        self.n_new_bytes += len(data)

    def recall(self, key: str) -> str | None:
        """The object that was made of what this key stands for."""
        return self._parts.get(key)

    def remember(self, key: str, name: str) -> None:
        """Keep what an object was made of, once it is written."""
        if self._parts.get(key) == name:
            return
        self._parts[key] = name
        self._unsaved[key] = name
        if len(self._unsaved) >= PARTS_SAVED_TOGETHER:
            self._save_parts()

    def _save_parts(self) -> None:
        """Write the rows of those parts whose objects have arrived."""
        rows = []
        for key, name in list(self._unsaved.items()):
            size_bytes = self._size_of(name)
            if size_bytes is not None:
                rows.append(
                    ArtifactPart(galaxy=self._galaxy, key=key, storage_name=self._prefix + name, size_bytes=size_bytes)
                )
                del self._unsaved[key]
        ArtifactPart.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["galaxy", "key"],
            update_fields=["storage_name", "size_bytes"],
        )

    def _size_of(self, name: str) -> int | None:
        """Bytes of an object that is there; None while it is on its way, or when it failed."""
        if name not in self._uploads:
            return storage_of("galaxies").size(self._prefix + name)
        upload, size_bytes = self._uploads[name]
        arrived = upload.done() and not upload.cancelled() and upload.exception() is None
        return size_bytes if arrived else None
