"""Where an artifact's files go and come from: a galaxy's prefix in the storage `galaxies`."""

from concurrent.futures import Future
from datetime import datetime
from functools import partial
from types import TracebackType

from storages.backends.gcloud import GoogleCloudStorage

from catalog.models import ArtifactPart, Galaxy, PublicationObject
from catalog.services.media import read_file, storage_of, write_file
from explorer.artifact import OBJECTS
from explorer.services.upload_pool import UploadPool, upload_threads

__all__ = ["GalaxySink", "GalaxySource", "list_objects", "list_objects_with_times"]

PARTS_SAVED_TOGETHER = 64  # what a kill may lose, to be made again


def list_objects(galaxy: Galaxy) -> set[str]:
    """Return the names of a galaxy's objects that there are, by one listing; a million images are some twelve thousand."""
    try:
        _folders, files = storage_of("galaxies").listdir(f"{galaxy.uuid}/{OBJECTS}")
    except FileNotFoundError:
        return set()
    return {f"{OBJECTS}{name}" for name in files if not name.startswith(".")}


def list_objects_with_times(galaxy: Galaxy) -> dict[str, datetime]:
    """Return the same names, each with when it was written: a bucket's listing tells, a folder is asked file by file on this machine."""
    storage, prefix = storage_of("galaxies"), f"{galaxy.uuid}/"
    if isinstance(storage, GoogleCloudStorage):
        blobs = storage.bucket.list_blobs(prefix=f"{prefix}{OBJECTS}")
        return {blob.name.removeprefix(prefix): blob.updated for blob in blobs}
    return {name: storage.get_modified_time(prefix + name) for name in list_objects(galaxy)}


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
        parts = ArtifactPart.objects.filter(galaxy=galaxy).values_list("key", "storage_name", "size_bytes")
        objects = PublicationObject.objects.filter(publication__galaxy=galaxy).values_list("storage_name", "size_bytes")
        self._sizes = {self._own(name): size for name, size in objects.iterator(10_000)}
        self._parts: dict[str, str] = {}
        for key, name, size_bytes in parts.iterator(10_000):
            self._parts[key] = self._own(name)
            self._sizes[self._own(name)] = size_bytes
        self._pool = UploadPool(upload_threads(storage_of("galaxies")))
        self._uploads: dict[str, Future[None]] = {}
        self._unsaved: dict[str, str] = {}

    def __enter__(self) -> "GalaxySink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._pool.__exit__(kind, error, traceback)
        finally:
            self.save_parts(at_least=1)

    def size_of(self, name: str) -> int | None:
        """Bytes of an object that is there, whole, or on its way; None of one that is not."""
        if name not in self._present:
            return None
        if name not in self._sizes:  # left by a killed run
            self._sizes[name] = storage_of("galaxies").size(self._prefix + name)
        return self._sizes[name]

    def put(self, name: str, data: bytes, content_type: str) -> None:
        """Write one object; the storage derives the content type from the name, as every file server does."""
        self._sizes[name] = len(data)
        self._uploads[name] = self._pool.submit(partial(write_file, "galaxies", self._prefix + name, data))
        self._present.add(name)

    def get(self, name: str) -> bytes:
        """Read an object, once it has arrived."""
        if name in self._uploads:
            self._uploads[name].result()
        return read_file("galaxies", self._prefix + name)

    def recall(self, key: str) -> str | None:
        """The object that was made of what this key stands for."""
        return self._parts.get(key)

    def remember(self, key: str, name: str) -> None:
        """Note what an object was made of, to be saved once it has arrived."""
        if self._parts.get(key) != name:
            self._parts[key] = name
            self._unsaved[key] = name

    def save_parts(self, *, at_least: int = PARTS_SAVED_TOGETHER) -> None:
        """Write the rows of those parts whose objects have arrived, if so many are waiting."""
        arrived = {key: name for key, name in self._unsaved.items() if self._has_arrived(name)}
        if len(arrived) < at_least:
            return
        for key in arrived:
            del self._unsaved[key]
        ArtifactPart.objects.bulk_create(
            [
                ArtifactPart(
                    galaxy=self._galaxy, key=key, storage_name=self._prefix + name, size_bytes=self._sizes[name]
                )
                for key, name in arrived.items()
            ],
            update_conflicts=True,
            unique_fields=["galaxy", "key"],
            update_fields=["storage_name", "size_bytes"],
        )

    def _has_arrived(self, name: str) -> bool:
        upload = self._uploads.get(name)
        return upload is None or (upload.done() and not upload.cancelled() and upload.exception() is None)

    def _own(self, storage_name: str) -> str:
        return storage_name.removeprefix(self._prefix)
