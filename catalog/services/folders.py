"""Importing a folder of pictures, whoever asks: a command, a job, or `make run`."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from catalog.importers import Candidate, Refused, SourceError, read_folder
from catalog.models import Collection
from catalog.services.errors import ServiceError
from catalog.services.ingest import ImportResult, import_images
from catalog.services.progress import Progress, ignore_progress

__all__ = ["import_folder", "require_folder"]

LOOK_EVERY = 1000  # files found between two words about it


def import_folder(
    collection: Collection, folder: Path, *, keep_originals: bool = False, progress: Progress = ignore_progress
) -> ImportResult:
    """Import everything in a folder and the folders in it; see `import_images` and `read_folder`.

    The folder is listed twice, first only to count: a progress without an end tells nobody when to come back. Raises
    ServiceError when the folder does not exist or may not be read.
    """
    # The resolved path names the source, so that ./pictures and /home/me/pictures are not two sources.
    root = folder.expanduser().resolve()
    n_total = 0
    for n_total, _item in enumerate(_read(root), start=1):
        if n_total % LOOK_EVERY == 0:
            progress("Looking", n_total, 0)
    return import_images(
        collection, _read(root), source=str(root), n_total=n_total, keep_originals=keep_originals, progress=progress
    )


def require_folder(folder: Path) -> None:
    """Raise ServiceError unless the folder exists and may be listed: to be asked before anything is made for its sake."""
    _read(folder.expanduser())


def _read(folder: Path) -> Iterator[Candidate | Refused]:
    try:
        return read_folder(folder, max_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2)
    except SourceError as error:
        raise ServiceError(str(error)) from error
