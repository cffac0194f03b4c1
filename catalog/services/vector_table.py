"""What a collection's images look like, held in memory, so that one picture can be compared with all in milliseconds."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from catalog.annotators.visual import N_VISUAL_FEATURES, VISUAL_VERSION
from catalog.layout import sign_codes
from catalog.models import Collection, Embedding, EmbeddingBlock, EmbeddingRow, Image
from catalog.services.embedding_blocks import read_rows

__all__ = ["EXACT_UP_TO", "VectorTable", "count_unseen", "load_vectors"]

EXACT_UP_TO = 200_000  # images of which all are compared exactly; 200 MB in float32
TABLES_KEPT = 2
ROWS_READ_TOGETHER = 32_768


@dataclass(frozen=True)
class VectorTable:
    """The stored vectors of a collection's images; not to be written to, because requests share it."""

    image_ids: NDArray[np.int64]
    """int64 (n,), ascending."""
    vectors: NDArray[np.floating]
    """(n, 256), rows of length one, as far as float16 keeps it: float32, above `EXACT_UP_TO` rows float16."""
    digests: NDArray[np.uint64] = field(repr=False)
    """uint64 (n,): the beginning of the SHA-256 of the bytes that were looked at. See `is_of`."""

    def __len__(self) -> int:
        return len(self.image_ids)

    @property
    def is_exact(self) -> bool:
        """Whether all rows can be compared at once."""
        return len(self) <= EXACT_UP_TO

    @cached_property
    def middle(self) -> NDArray[np.float32]:
        """The mean vector, float32 (256,)."""
        return np.asarray(self.vectors.mean(axis=0, dtype=np.float64), dtype=np.float32)

    @cached_property
    def codes(self) -> NDArray[np.uint64]:
        """One bit a component, uint64 (n, 4); for tables that are too large to compare all rows."""
        return sign_codes(self.vectors, self.middle)

    def row_of(self, image_id: int) -> int | None:
        """The row of an image, None if it has not been looked at."""
        row = int(np.searchsorted(self.image_ids, image_id))
        return row if row < len(self) and self.image_ids[row] == image_id else None

    def is_of(self, row: int, sha256: str) -> bool:
        """Whether a row is of these bytes: an image may have got another picture since it was looked at."""
        return bool(self.digests[row] == np.uint64(int(sha256[:16], 16)))


_tables: OrderedDict[tuple[int, str], VectorTable] = OrderedDict()
_lock = threading.Lock()


def load_vectors(collection: Collection) -> VectorTable:
    """What the collection's images look like, as far as it is stored: no picture is looked at, so it may be asked in a request.

    A process keeps the last two tables; one is read anew when vectors were added. Until then an image that was deleted keeps its row, and
    so does one whose picture was replaced: look up what is found, and ask `is_of`.

    Raises ServiceError when the stored vectors are damaged.
    """
    found = _newest(collection)
    if found is None:
        return VectorTable(
            np.empty(0, np.int64), np.empty((0, N_VISUAL_FEATURES), np.float32), np.empty(0, dtype=np.uint64)
        )
    embedding, key = found
    with _lock:
        if key in _tables:
            _tables.move_to_end(key)
            return _tables[key]
        for old in [old for old in _tables if old[0] == embedding.pk]:
            del _tables[old]  # before the new one is read: two of a large library may not fit
        table = _read(embedding)
        _tables[key] = table
        while len(_tables) > TABLES_KEPT:
            _tables.popitem(last=False)
        return table


def count_unseen(collection: Collection) -> int:
    """How many of the collection's images have a picture that nobody has looked at."""
    rows = EmbeddingRow.objects.filter(embedding__in=_embeddings(collection))
    seen = rows.filter(image__current_revision__isnull=False).count()
    return max(Image.objects.filter(collection=collection, current_revision__isnull=False).count() - seen, 0)


def _embeddings(collection: Collection) -> QuerySet[Embedding]:
    return Embedding.objects.filter(collection=collection, space=Embedding.Space.VISUAL, version=VISUAL_VERSION)


def _newest(collection: Collection) -> tuple[Embedding, tuple[int, str]] | None:
    """The embedding and what its table is known by, in one query. Every addition writes its last block under a new name."""
    blocks = EmbeddingBlock.objects.filter(embedding=OuterRef("pk")).order_by("-number")
    newest = Coalesce(Subquery(blocks.values("storage_name")[:1]), Value(""))
    embedding = _embeddings(collection).annotate(newest=newest).first()
    return None if embedding is None else (embedding, (embedding.pk, embedding.newest))


def _read(embedding: Embedding) -> VectorTable:
    pairs = EmbeddingRow.objects.filter(embedding=embedding).order_by("image_id").values_list("image_id", "row")
    table = np.array(np.fromiter(pairs.iterator(10_000), np.dtype((np.int64, 2))), dtype=np.int64).reshape(-1, 2)
    image_ids, rows = np.ascontiguousarray(table[:, 0]), table[:, 1]
    dtype = np.float32 if len(rows) <= EXACT_UP_TO else np.float16
    vectors = np.empty((len(rows), embedding.n_features), dtype=dtype)
    digests = np.empty(len(rows), dtype=np.uint64)
    # In the order in which they lie, so that each block is opened once, and copied: the files may go at any moment.
    order = np.argsort(rows)
    for start in range(0, len(rows), ROWS_READ_TOGETHER):
        part = order[start : start + ROWS_READ_TOGETHER]
        records = read_rows(embedding, rows[part])
        vectors[part] = records["vector"]
        digests[part] = np.ascontiguousarray(records["sha256"][:, :8]).view(">u8").ravel()
    for array in (image_ids, vectors, digests):
        array.setflags(write=False)
    return VectorTable(image_ids, vectors, digests)
