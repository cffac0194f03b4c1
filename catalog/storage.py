"""The storages that settings name: a folder whose writes are whole or absent, and a bucket of what is published."""

import os
import tempfile
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from storages.backends.gcloud import GoogleCloudStorage

CONTENT_TYPES = {".json": "application/json", ".webp": "image/webp", ".jpg": "image/jpeg"}


PART_PREFIX, PART_SUFFIX = ".", ".part"


def is_half_written(name: str) -> bool:
    """Whether a file is one that AtomicFileSystemStorage was writing when it was killed."""
    file = name.rsplit("/", 1)[-1]
    return file.startswith(PART_PREFIX) and file.endswith(PART_SUFFIX)


class AtomicFileSystemStorage(FileSystemStorage):
    """A folder that behaves like a bucket: a name is written whole or not at all, and writing it again replaces it.

    Django's own class renames on a clash and writes in place, so a process killed while writing leaves half a file under
    its final name. Cloud Storage does neither; with this class both columns of DESIGN.md, "What runs where", behave the same.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: our names carry a content hash, or are meant to be replaced."""
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=PART_PREFIX, suffix=PART_SUFFIX)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
            Path(part).chmod(self.file_permissions_mode or 0o644)
            Path(part).replace(target)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        return name


class GalaxiesCloudStorage(GoogleCloudStorage):  # type: ignore[misc]  # django-storages ships no types
    """The bucket of published galaxies: caches keep immutable objects for a year, the portrait for minutes, and ask for the pointer anew.

    Without this Cloud Storage lets caches keep every public object for an hour, the pointer too.
    """

    def get_object_parameters(self, name: str) -> dict[str, str]:
        """Cache-Control and Content-Type by name; Python 3.11 does not know WebP, so the types are ours."""
        mutable = {"current.json": "no-cache", "portrait.jpg": "public, max-age=300"}
        control = mutable.get(Path(name).name, "public, max-age=31536000, immutable")
        content_type = CONTENT_TYPES.get(Path(name).suffix, "application/octet-stream")
        return {**super().get_object_parameters(name), "cache_control": control, "content_type": content_type}
