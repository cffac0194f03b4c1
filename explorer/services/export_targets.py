"""Where a galaxy can be copied to: a folder, or a prefix of a bucket, that any web server for files can serve."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from google.api_core.exceptions import PreconditionFailed
from storages.backends.gcloud import GoogleCloudStorage

from catalog.services.errors import ServiceError
from catalog.storage import PART_PREFIX, PART_SUFFIX, AtomicFileSystemStorage

__all__ = ["OUR_FOLDERS", "ExportError", "Listed", "Target", "cache_control_of", "content_type_of", "open_target"]

BUCKET = re.compile(r"gs://([a-z0-9][a-z0-9._-]+[a-z0-9])(?:/([^\s*?#\[\]]*))?")

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
# Names with a hash in them never change, these files are what changes, and the rest are pictures, which may be withdrawn.
IMMUTABLE_FOLDERS = ("objects/", "page/")
# Only here is anything ever deleted: beside them lie the files of whoever runs the web server, of version control, of a domain.
OUR_FOLDERS = (*IMMUTABLE_FOLDERS, "pictures/")
ASKED_FOR_ANEW = ("current.json", "index.html", "galaxy-export.json")


class ExportError(ServiceError):
    """The galaxy cannot be copied there."""


@dataclass(frozen=True)
class Listed:
    """A file that is there."""

    size_bytes: int
    modified_at: datetime


class Target(Protocol):
    """A folder or a prefix of a bucket; writing is whole or not at all. Usable from several threads."""

    storage: Storage
    """To read from, and to know of which kind it is."""
    address: str
    """As people write it."""
    url: str
    """Where visitors find it, with a slash at the end; empty where nobody here can know."""

    def list_files(self) -> dict[str, Listed]:
        """Every file below, by its name, in one go."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a file unless it is there; says whether it was not. Of two who create it at once one does."""

    def put(self, name: str, file: File[bytes]) -> None:
        """Write a file, replacing what may be there."""

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""


def content_type_of(name: str) -> str:
    """The content type of a file of a copied galaxy. What is compressed is so inside the file: no Content-Encoding."""
    return CONTENT_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def cache_control_of(name: str) -> str:
    """How long caches may keep a file of a copied galaxy."""
    if name.startswith(IMMUTABLE_FOLDERS):
        return "public, max-age=31536000, immutable"
    return "no-cache" if name in ASKED_FOR_ANEW else "public, max-age=300"


def open_target(address: str) -> Target:
    """Return the target that a person names.

    Raises
    ------
    ExportError
        When it is no such address, or one where a copy would lie beside what is private or be taken for the program's own.
    """
    if not address.startswith("gs://"):
        return FolderTarget(Path(address).expanduser().resolve())
    match = BUCKET.fullmatch(address)
    if match is None:
        raise ExportError(f"Expected gs://bucket or gs://bucket/prefix to copy to, got {address!r}.")
    return BucketTarget(match[1], (match[2] or "").strip("/"))


class FolderTarget:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        _forbid_folder(folder)
        self._folder = folder
        self.storage: Storage = AtomicFileSystemStorage(location=folder)
        self.address = str(folder)
        self.url = ""

    def list_files(self) -> dict[str, Listed]:
        """Every file below; those of a killed run that were not finished, too."""
        found = {}
        for path in self._folder.rglob("*"):
            if path.is_file():
                facts = path.stat()
                modified_at = datetime.fromtimestamp(facts.st_mtime, UTC)
                found[path.relative_to(self._folder).as_posix()] = Listed(facts.st_size, modified_at)
        return found

    def create(self, name: str, data: bytes) -> bool:
        """Write it under a name of its own, and link it to its place, which only one can."""
        part = self._folder / f"{PART_PREFIX}{name}.{uuid4().hex}{PART_SUFFIX}"
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            os.link(part, self._folder / name)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
        return True

    def put(self, name: str, file: File[bytes]) -> None:
        """Write a file; content types are for the web server to tell."""
        self.storage.save(name, file)

    def delete(self, name: str) -> None:
        """Delete a file, and the folders that it leaves empty."""
        path = self._folder / name
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self._folder or any(folder.iterdir()):
                break
            folder.rmdir()


class BucketTarget:
    """A prefix of a bucket in Cloud Storage, whose objects everybody may read (docs/publishing.md)."""

    def __init__(self, bucket: str, prefix: str) -> None:
        _forbid_bucket(bucket)
        self._prefix = f"{prefix}/" if prefix else ""
        self._storage = _PublicBucket(prefix, bucket_name=bucket, location=prefix, default_acl=None)
        self.storage: Storage = self._storage
        self.address = f"gs://{bucket}/{prefix}"
        self.url = f"https://storage.googleapis.com/{bucket}/{self._prefix}"

    def list_files(self) -> dict[str, Listed]:
        """Every object below the prefix; a thousand of them an answer."""
        blobs = self._storage.bucket.list_blobs(prefix=self._prefix)
        return {blob.name.removeprefix(self._prefix): Listed(blob.size, blob.updated) for blob in blobs}

    def create(self, name: str, data: bytes) -> bool:
        """Write the object on the condition that there is no generation of it."""
        blob = self._storage.bucket.blob(f"{self._prefix}{name}")
        blob.cache_control = cache_control_of(name)
        try:
            blob.upload_from_string(data, content_type=content_type_of(name), if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    def put(self, name: str, file: File[bytes]) -> None:
        """Write an object, with its type and how long caches may keep it."""
        self.storage.save(name, file)

    def delete(self, name: str) -> None:
        """Delete an object."""
        self.storage.delete(name)


class _PublicBucket(GoogleCloudStorage):  # type: ignore[misc]  # django-storages ships no types
    def __init__(self, prefix: str, **options: object) -> None:
        super().__init__(**options)
        self._prefix = f"{prefix}/" if prefix else ""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: a copy replaces what was there."""
        return name

    def get_object_parameters(self, name: str) -> dict[str, str]:
        """Cache-Control and Content-Type by name."""
        own = name.removeprefix(self._prefix)
        return {"cache_control": cache_control_of(own), "content_type": content_type_of(own)}


def _forbid_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"Expected a folder to copy to, got the file {folder}.")
    for own in (folder / name.rstrip("/") for name in OUR_FOLDERS):
        if own.is_symlink():
            raise ExportError(
                f"Expected a folder at {own}, got a link. What lies behind it would not be found when a picture is withdrawn, and stay: "
                "put a folder there, or copy to where the files shall lie."
            )
    private = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    for alias in ("media", "galaxies"):
        storage = storages[alias]
        if isinstance(storage, FileSystemStorage):
            private.append(Path(storage.base_location))
    for other in private:
        if folder.is_relative_to(other.resolve()):
            raise ExportError(
                f"Expected a folder of its own to copy to, got {folder}, which lies in {other}, where Galaxy keeps its own files. "
                "Name another."
            )


def _forbid_bucket(bucket: str) -> None:
    ours = {getattr(storages[alias], "bucket_name", None) for alias in ("media", "galaxies")}
    if bucket in ours:
        raise ExportError(
            f"Expected a bucket of its own to copy to, got {bucket}, where Galaxy keeps what not everybody may see. Name another."
        )
