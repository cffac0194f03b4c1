"""Rows of an embedding in media storage: blocks of 4,096 records, added to at the end and mapped from a local copy."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from catalog.models import Collection, Embedding, EmbeddingBlock, EmbeddingRow, Image
from catalog.services.errors import ServiceError
from catalog.services.media import (
    delete_pending_files,
    forget_staged_files,
    queue_file_deletion,
    read_file,
    stage_files,
    write_file,
)

__all__ = ["append_rows", "delete_embedding", "forget_local_blocks", "read_rows", "record_type"]

ATTEMPTS = 5  # at what another process may be doing at the same moment
CHUNK = 2000

Records = NDArray[np.void]


class _OvertakenError(Exception):
    """Another process added to the last block meanwhile."""


def record_type(n_features: int) -> np.dtype[np.void]:
    """A row as it lies in a block's file: `vector`, float16 little-endian, and `sha256` of what it was made of."""
    return np.dtype([("vector", "<f2", (n_features,)), ("sha256", "u1", (32,))])


def read_rows(embedding: Embedding, rows: NDArray[np.int64]) -> Records:
    """Return the records of rows, in the order asked for; only blocks that are not here yet come over the network.

    Raises ServiceError when a block is damaged, and what the storage raises when one cannot be read.
    """
    records = np.zeros(len(rows), dtype=record_type(embedding.n_features))
    numbers = rows // EmbeddingBlock.SIZE
    for number in np.unique(numbers).tolist():
        wanted = numbers == number
        records[wanted] = _open_block(embedding, number)[rows[wanted] % EmbeddingBlock.SIZE]
    return records


def append_rows(embedding: Embedding, image_ids: Sequence[int], records: Records) -> None:
    """Add records behind the last row, each its image's from now on; images that went meanwhile are left out.

    The last block, if it is not full, is written again under another name, so that a file never changes and a kill at any moment
    leaves the old one or the new one. Two processes may add at once.
    """
    for _attempt in range(ATTEMPTS):
        if _try_to_append(embedding, image_ids, records):
            return
    raise ServiceError(
        f"Could not add {len(records)} vectors to {embedding}: other processes changed it {ATTEMPTS} times meanwhile. "
        "Wait until the other jobs of the collection have ended, and start again."
    )


def delete_embedding(embedding: Embedding) -> None:
    """Delete an embedding with its files, in short transactions."""
    while pks := list(EmbeddingRow.objects.filter(embedding=embedding).values_list("pk", flat=True)[:CHUNK]):
        EmbeddingRow.objects.filter(pk__in=pks).delete()
    embedding.delete()


def forget_local_blocks(collection: Collection) -> None:
    """Delete the local copies of blocks that are no more: of this collection, and of collections that were deleted."""
    names = EmbeddingBlock.objects.filter(embedding__collection=collection).values_list("storage_name", flat=True)
    kept = {_local_path(name) for name in names}
    for path in _local_path(str(collection.uuid)).rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink(missing_ok=True)
    known = set(map(str, Collection.objects.values_list("uuid", flat=True)))
    for folder in _local_path("").glob("*"):
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)


def _try_to_append(embedding: Embedding, image_ids: Sequence[int], records: Records) -> bool:
    last = embedding.blocks.order_by("-number").first()
    tail = last if last is not None and last.n_rows < EmbeddingBlock.SIZE else None
    number = tail.number if tail else last.number + 1 if last else 0
    first_row = number * EmbeddingBlock.SIZE
    if tail:
        first_row += tail.n_rows
        records = np.concatenate([_open_block(embedding, number), records])
    blocks = [
        EmbeddingBlock(
            embedding=embedding,
            number=number + start // EmbeddingBlock.SIZE,
            n_rows=min(EmbeddingBlock.SIZE, len(records) - start),
            storage_name=f"{embedding.collection.uuid}/vectors/{embedding.pk}/{uuid.uuid4().hex}.records",
        )
        for start in range(0, len(records), EmbeddingBlock.SIZE)
    ]
    names = [block.storage_name for block in blocks]
    stage_files("media", names)
    for start, name in zip(range(0, len(records), EmbeddingBlock.SIZE), names, strict=True):
        data = records[start : start + EmbeddingBlock.SIZE].tobytes()
        write_file("media", name, data)
        _write_locally(name, data)
    try:
        with transaction.atomic():
            if tail:
                _replace_block(tail, blocks.pop(0))
            EmbeddingBlock.objects.bulk_create(blocks)
            there = set(Image.objects.filter(pk__in=image_ids).values_list("pk", flat=True))
            EmbeddingRow.objects.bulk_create(
                [
                    EmbeddingRow(embedding=embedding, image_id=image_id, row=row)
                    for row, image_id in enumerate(image_ids, start=first_row)
                    if image_id in there
                ],
                update_conflicts=True,
                unique_fields=["embedding", "image"],
                update_fields=["row"],
            )
            forget_staged_files("media", names)
    except (IntegrityError, _OvertakenError):
        for name in names:
            queue_file_deletion("media", name)
        return False
    if tail:
        delete_pending_files(names=[tail.storage_name])
        _local_path(tail.storage_name).unlink(missing_ok=True)
    return True


def _replace_block(old: EmbeddingBlock, new: EmbeddingBlock) -> None:
    """Put a longer file in the place of the last block's, unless somebody else did."""
    unchanged = EmbeddingBlock.objects.filter(pk=old.pk, storage_name=old.storage_name)
    if not unchanged.update(storage_name=new.storage_name, n_rows=new.n_rows):
        raise _OvertakenError
    queue_file_deletion("media", old.storage_name)


def _open_block(embedding: Embedding, number: int) -> Records:
    """Map the local copy of a block, fetched first if need be."""
    for attempt in range(ATTEMPTS):
        # Asked each time: the last block's file is replaced whenever rows are added, and the old one soon deleted.
        block = EmbeddingBlock.objects.get(embedding=embedding, number=number)
        path = _local_path(block.storage_name)
        try:
            if not path.exists():
                _write_locally(block.storage_name, read_file("media", block.storage_name))
            size = path.stat().st_size
            if size == block.n_rows * record_type(embedding.n_features).itemsize:
                return np.memmap(path, mode="r", dtype=record_type(embedding.n_features))
        except Exception:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        path.unlink(missing_ok=True)
    raise ServiceError(
        f"Expected {block.n_rows} vectors in {block.storage_name}, got {size} bytes: the file is damaged. "
        f"Have it made again by the next build: manage.py shell -c 'Embedding.objects.get(pk={embedding.pk}).delete()'"
    )


def _write_locally(name: str, data: bytes) -> None:
    path = _local_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(part).replace(path)


def _local_path(name: str) -> Path:
    return Path(settings.GALAXY_CACHE) / "vectors" / name
