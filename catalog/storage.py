"""File storage whose writes are whole or absent."""

import os
import tempfile
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


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
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
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
