"""Signals only delete files: when a row that names an object goes, the object follows on commit."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete

from catalog.models import EmbeddingBlock, Galaxy, Rendition, Revision, UploadedFile
from catalog.services.media import delete_pending_files, queue_file_deletion


def connect() -> None:
    """Listen for deletions; called once, when Django starts."""
    for model, handler in (
        (Rendition, delete_media),
        (EmbeddingBlock, delete_media),
        (Revision, delete_media),
        (UploadedFile, delete_media),
        (Galaxy, delete_published_files),
    ):
        post_delete.connect(handler, sender=model, dispatch_uid=f"catalog.{handler.__name__}.{model.__name__}")


def delete_media(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    """A rendition, a block of vectors, an original or a staged file goes with its row."""
    if instance.storage_name:
        _delete_on_commit("media", instance.storage_name)


def delete_published_files(sender: type[Model], instance: Galaxy, **kwargs: Any) -> None:
    """All that was published of a galaxy goes with it; while it lives, explorer.services sweeps what is not needed any more."""
    _delete_on_commit("galaxies", f"{instance.uuid}/")


def _delete_on_commit(alias: str, name: str) -> None:
    queue_file_deletion(alias, name)
    transaction.on_commit(partial(delete_pending_files, names=[name]))
