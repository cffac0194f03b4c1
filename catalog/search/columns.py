"""What of a collection's images is counted, as columns in memory: six hundred thousand labels are counted in milliseconds.

Each process keeps the columns of the collections that it was asked about last. The collection's clock says whether they still hold; what
changed since is read anew, and nothing else.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.models import AnnotationStatus, CollectionClock, EffectiveLabel, Image, Position, Tombstone

__all__ = ["Columns", "forget_columns", "load_columns", "load_groups"]

MAX_COLLECTIONS = 4
MAX_BYTES = 200 * 2**20
MAX_BUILDS = 8
MAX_CHANGED = 5_000
"""More changed images than that are not worth picking out: everything is read anew."""
CHUNK = 10_000
IMAGE_ROW = np.dtype([("id", "i8"), ("year", "i2"), ("status", "i1"), ("faces", "i1"), ("text", "i1")])
GROUP_ROW = np.dtype([("image", "i8"), ("group", "i8")])
LABEL_ROW = np.dtype([("image", "i8"), ("label", "i8"), ("source", "i2")])
STATUSES = list(AnnotationStatus.values)
UNKNOWN = -1


@dataclass(frozen=True)
class Columns:
    """One collection as it was at a number of its clock."""

    number: int
    images: NDArray[np.void]
    """IMAGE_ROW by ascending id: `year` 0 is not known; `faces` and `text` 1, 0, or -1 where nobody looked."""
    labels: NDArray[np.void]
    """LABEL_ROW, in no order."""
    rows: NDArray[np.int32]
    """For each of `labels` the row of its image in `images`."""
    label_ids: NDArray[np.int64]
    """The labels that there are, ascending."""
    label_numbers: NDArray[np.int32]
    """For each of `labels` the place of its label in `label_ids`."""
    sources: list[str] = field(default_factory=list)
    """What `source` numbers."""

    @property
    def n_bytes(self) -> int:
        """How much memory it takes."""
        arrays = (self.images, self.labels, self.rows, self.label_ids, self.label_numbers)
        return sum(array.nbytes for array in arrays)

    def mask_of(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows of `images` have one of these ids, in any order; ids that it does not know are passed over."""
        mask = np.zeros(len(self.images), dtype=bool)
        if len(self.images):
            places = np.minimum(np.searchsorted(self.images["id"], ids), len(self.images) - 1)
            mask[places[self.images["id"][places] == ids]] = True
        return mask


_kept: "OrderedDict[int, Columns]" = OrderedDict()
_lock = threading.Lock()


def load_columns(collection_id: int) -> Columns:
    """The columns of a collection as it is now."""
    number = CollectionClock.objects.filter(pk=collection_id).values_list("number", flat=True).first() or 0
    # One at a time: sixteen requests after a start would read the same six hundred thousand labels sixteen times.
    with _lock:
        columns = _kept.pop(collection_id, None)
        if columns is None or columns.number > number:
            columns = _read(collection_id, number)
        elif columns.number < number:
            columns = _refresh(collection_id, columns, number)
        _kept[collection_id] = columns
        while len(_kept) > 1 and (len(_kept) > MAX_COLLECTIONS or sum(c.n_bytes for c in _kept.values()) > MAX_BYTES):
            _kept.popitem(last=False)
        return columns


@lru_cache(maxsize=MAX_BUILDS)
def load_groups(build_id: int) -> NDArray[np.void]:
    """The group of each image of a build, GROUP_ROW; a complete build never changes, so that it is read once."""
    rows = Position.objects.filter(build=build_id).values_list("image_id", "group_id")
    return np.fromiter(rows.iterator(CHUNK), dtype=GROUP_ROW)


def forget_columns() -> None:
    """Drop what is kept: for tests, whose databases begin anew at the same numbers."""
    with _lock:
        _kept.clear()
        load_groups.cache_clear()


def _read(collection_id: int, number: int) -> Columns:
    sources: list[str] = []
    images = _image_rows(Image.objects.filter(collection=collection_id).order_by())
    labels = _label_rows(EffectiveLabel.objects.filter(image__collection=collection_id), sources)
    return _put_together(number, images, labels, sources)


def _refresh(collection_id: int, columns: Columns, number: int) -> Columns:
    """Read what changed since, and leave out what was deleted."""
    changed = Image.objects.filter(collection=collection_id, change_number__gt=columns.number)
    images = _image_rows(changed.order_by()[: MAX_CHANGED + 1])
    if len(images) > MAX_CHANGED:
        return _read(collection_id, number)
    sources = list(columns.sources)
    ids = images["id"]
    labels = _label_rows(EffectiveLabel.objects.filter(image__in=ids.tolist()), sources)
    keep_images = ~np.isin(columns.images["id"], ids)
    keep_labels = ~np.isin(columns.labels["image"], ids)
    if Tombstone.objects.filter(collection=collection_id, change_number__gt=columns.number).exists():
        pks = Image.objects.filter(collection=collection_id).order_by().values_list("pk", flat=True)
        there = np.fromiter(pks.iterator(CHUNK), dtype=np.int64)
        keep_images &= np.isin(columns.images["id"], there)
        keep_labels &= np.isin(columns.labels["image"], there)
    return _put_together(
        number,
        np.concatenate([columns.images[keep_images], images]),
        np.concatenate([columns.labels[keep_labels], labels]),
        sources,
    )


def _put_together(number: int, images: NDArray[np.void], labels: NDArray[np.void], sources: list[str]) -> Columns:
    images = images[np.argsort(images["id"])]
    if len(images):
        rows = np.minimum(np.searchsorted(images["id"], labels["image"]), len(images) - 1)
        # A label may have come with an image that was made after the images were read.
        known = images["id"][rows] == labels["image"]
        labels, rows = labels[known], rows[known]
    else:
        labels, rows = labels[:0], np.zeros(0, dtype=np.int64)
    label_ids, label_numbers = np.unique(labels["label"], return_inverse=True)
    return Columns(number, images, labels, rows.astype(np.int32), label_ids, label_numbers.astype(np.int32), sources)


def _image_rows(images: Any) -> NDArray[np.void]:
    rows = images.values_list("pk", "taken_at", "annotation_status", "n_faces", "n_characters")
    return np.fromiter(
        (
            (pk, _year_of(taken_at), STATUSES.index(status), _found(n_faces), _found(n_characters))
            for pk, taken_at, status, n_faces, n_characters in rows.iterator(CHUNK)
        ),
        dtype=IMAGE_ROW,
    )


def _label_rows(labels: Any, sources: list[str]) -> NDArray[np.void]:
    """Rows of effective labels; sources that are new are added to `sources`."""
    numbers = {source: number for number, source in enumerate(sources)}
    rows = labels.order_by().values_list("image_id", "label_id", "source")
    found = np.fromiter(
        ((image, label, numbers.setdefault(source, len(numbers))) for image, label, source in rows.iterator(CHUNK)),
        dtype=LABEL_ROW,
    )
    sources[:] = list(numbers)
    return found


def _year_of(taken_at: str) -> int:
    year = taken_at[:4]
    return int(year) if year.isdecimal() else 0


def _found(n: int | None) -> int:
    return UNKNOWN if n is None else int(n > 0)
