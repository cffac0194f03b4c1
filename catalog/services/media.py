"""Files of the library: where they are named, how they are written, and that none is left behind."""

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import BinaryIO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages
from django.utils import timezone

from catalog.models import PendingDeletion

__all__ = [
    "delete_pending_files",
    "forget_staged_files",
    "open_file",
    "queue_file_deletion",
    "read_file",
    "rendition_name",
    "stage_files",
    "write_file",
    "write_stream",
]

CHUNK = 500
logger = logging.getLogger(__name__)

# Longer than it takes from staging files to saving the rows that name them.
STAGED_FOR = timedelta(days=1)


def storage_of(alias: str) -> Storage:
    """The storage `media` or `galaxies`."""
    return storages[alias]


def rendition_name(collection_uuid: uuid.UUID, image_uuid: uuid.UUID, sha256: str, kind: str) -> str:
    """The storage name of a file of a revision. Made of our own ids only: no name that came from outside becomes a path."""
    extension = "" if kind == "original" else ".jpg"
    return f"{collection_uuid}/{image_uuid}/{sha256}/{kind}{extension}"


def write_file(alias: str, name: str, data: bytes) -> None:
    """Write an object whole, replacing what may be there."""
    storage_of(alias).save(name, ContentFile(data))


def write_stream(alias: str, name: str, file: File[bytes]) -> None:
    """Write an object from an open file, piece by piece, replacing what may be there."""
    file.seek(0)
    storage_of(alias).save(name, file)


def open_file(alias: str, name: str) -> BinaryIO:
    """An object, opened for reading; the caller closes it. Raises as `read_file` does."""
    return cast(BinaryIO, storage_of(alias).open(name))


def read_file(alias: str, name: str) -> bytes:
    """An object, whole. Raises OSError, or what the storage's client raises, when it is not there."""
    with storage_of(alias).open(name) as file:
        return bytes(file.read())


def stage_files(alias: str, names: Iterable[str]) -> None:
    """Note objects that are about to be written, so that a kill before their rows are saved does not orphan them."""
    due_at = timezone.now() + STAGED_FOR
    PendingDeletion.objects.bulk_create(
        [PendingDeletion(storage_alias=alias, storage_name=name, due_at=due_at) for name in names],
        update_conflicts=True,
        unique_fields=["storage_alias", "storage_name"],
        update_fields=["due_at"],
    )


def forget_staged_files(alias: str, names: list[str]) -> None:
    """Strike off staged objects; call it in the transaction that saves the rows naming them."""
    for start in range(0, len(names), CHUNK):
        PendingDeletion.objects.filter(storage_alias=alias, storage_name__in=names[start : start + CHUNK]).delete()


def queue_file_deletion(alias: str, name: str) -> None:
    """Note that an object, or all below a prefix that ends in "/", must go; call it in the transaction that deletes the row naming it."""
    PendingDeletion.objects.update_or_create(
        storage_alias=alias, storage_name=name, defaults={"due_at": timezone.now()}
    )


def delete_pending_files(*, names: list[str] | None = None, limit: int = 1000) -> int:
    """Delete the objects that are due, at most `limit` of them, and say how many went.

    A storage that does not answer leaves its rows for the next round.
    """
    due = PendingDeletion.objects.filter(due_at__lte=timezone.now())
    if names is not None:
        due = due.filter(storage_name__in=names)
    n_deleted = 0
    for row in due.order_by("due_at")[:limit]:
        try:
            _delete(storage_of(row.storage_alias), row.storage_name)
        except Exception:
            logger.exception(
                "Could not delete %s from storage %s; it will be tried again.", row.storage_name, row.storage_alias
            )
            continue
        row.delete()
        n_deleted += 1
    return n_deleted


def _delete(storage: Storage, name: str) -> None:
    """Delete an object or, where the name ends in "/", all that lies below it."""
    if not name.endswith("/"):
        storage.delete(name)
        return
    try:
        folders, files = storage.listdir(name)
    except FileNotFoundError:
        return
    for file in files:
        storage.delete(name + file)
    for folder in folders:
        _delete(storage, f"{name}{folder}/")
    storage.delete(name.rstrip("/"))  # an empty folder; a bucket has none, and does not mind
