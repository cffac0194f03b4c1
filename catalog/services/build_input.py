"""What a galaxy is built from: visible images, their effective labels, and perhaps a library's own numbers; read, never written.

A million images have some eight million labels: they are kept as flat arrays (100 MB), not as a million lists (1 GB).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar, overload

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from catalog.layout import built_in_words, label_vectors
from catalog.models import Collection, EffectiveLabel, Galaxy, Image, Label
from catalog.services.chunks import in_chunks
from catalog.services.errors import ServiceError
from catalog.services.progress import Progress, ignore_progress

__all__ = [
    "METHOD_VERSION",
    "BuildError",
    "BuildInput",
    "LabelRows",
    "compute_vectors",
    "read_input",
    "read_labels",
    "visible_images",
]

# Raised when the same input would give another map: it is part of what makes a build the same build.
METHOD_VERSION = 4  # 2: piles are spread; 3: images without labels are one group; 4: starts from the last build
# Images a query: SQLite takes 999 parameters in its oldest form, and the answer (some 7,000 rows) is small.
IMAGES_PER_QUERY = 900

T = TypeVar("T")


class BuildError(ServiceError):
    """There is nothing to build from, or what there is cannot be built."""


class Ragged(Sequence[list[T]], Generic[T]):
    """Rows of different lengths over one flat array: a list of lists that takes a tenth of its memory."""

    def __init__(self, n_rows: int, row: Callable[[int], list[T]]) -> None:
        self._n_rows = n_rows
        self._row = row

    def __len__(self) -> int:
        return self._n_rows

    @overload
    def __getitem__(self, index: int) -> list[T]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[T]]: ...
    def __getitem__(self, index: int | slice) -> list[T] | list[list[T]]:
        if isinstance(index, slice):
            return [self._row(i) for i in range(*index.indices(self._n_rows))]
        if not -self._n_rows <= index < self._n_rows:
            raise IndexError(index)
        return self._row(index % self._n_rows)


@dataclass(frozen=True)
class LabelRows:
    """Who has which label, how surely: row i are the entries from `starts[i]` to `starts[i + 1]`, in order of label id."""

    starts: NDArray[np.int64]
    """int64 (n_images + 1,)."""
    codes: NDArray[np.int32]
    """int32 (n_labels,): the label's place in `terms`."""
    scores_flat: NDArray[np.float64]
    """float64 (n_labels,)."""
    terms: list[str]

    @property
    def labels(self) -> Sequence[Sequence[str]]:
        """For each image its terms."""
        terms, codes, starts = self.terms, self.codes, self.starts
        return Ragged(len(starts) - 1, lambda i: [terms[code] for code in codes[starts[i] : starts[i + 1]].tolist()])

    @property
    def scores(self) -> Sequence[Sequence[float]]:
        """For each image the score of each of its terms."""
        flat, starts = self.scores_flat, self.starts
        return Ragged(len(starts) - 1, lambda i: flat[starts[i] : starts[i + 1]].tolist())

    def take(self, rows: NDArray[np.intp]) -> "LabelRows":
        """Return these rows alone, in this order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        places = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return LabelRows(starts, self.codes[places], self.scores_flat[places], self.terms)


@dataclass(frozen=True)
class BuildInput:
    """What a galaxy is built from; everything is in order of image id."""

    image_ids: NDArray[np.int64]
    """int64 (n_images,), ascending."""
    rows: LabelRows
    fingerprint: str
    """SHA-256 over the images, their labels and the galaxy's settings."""


def visible_images(collection: Collection) -> QuerySet[Image]:
    """The images that a build places."""
    return Image.objects.filter(collection=collection, hidden=False, current_revision__isnull=False)


def read_input(galaxy: Galaxy, *, progress: Progress = ignore_progress) -> BuildInput:
    """Read images and effective labels in order of image id, and hash what is read.

    Raises
    ------
    BuildError
        When no visible image has been imported.
    """
    progress("Reading labels", 0, 0)
    images = visible_images(galaxy.collection).order_by("pk").values_list("pk", flat=True)
    image_ids = np.fromiter(images.iterator(10_000), np.int64)
    if len(image_ids) == 0:
        raise BuildError(
            f"The collection {galaxy.collection.slug} has no visible image to build from. Import some first: "
            f"manage.py import_images FOLDER --collection {galaxy.collection.slug}"
        )
    rows = read_labels(image_ids, progress=progress)
    return BuildInput(image_ids, rows, _fingerprint(galaxy, image_ids, rows))


def read_labels(image_ids: NDArray[np.int64], *, progress: Progress = ignore_progress) -> LabelRows:
    """Read the effective labels of images.

    Parameters
    ----------
    image_ids
        int64 (n_images,), ascending.
    """
    owners, label_ids, scores = [], [], []
    done = 0
    for chunk in in_chunks(image_ids.tolist(), IMAGES_PER_QUERY):
        progress("Reading labels", done, len(image_ids))
        found = EffectiveLabel.objects.filter(image_id__in=chunk).order_by("image_id", "label_id")
        table = np.fromiter(
            found.values_list("image_id", "label_id", "score"),
            np.dtype([("image", "i8"), ("label", "i8"), ("score", "f8")]),
        )
        owners.append(table["image"])
        label_ids.append(table["label"])
        scores.append(table["score"])
        done += len(chunk)
    known, codes = np.unique(np.concatenate([*label_ids, np.zeros(0, np.int64)]), return_inverse=True)
    starts = np.searchsorted(
        np.concatenate([*owners, np.zeros(0, np.int64)]), np.append(image_ids, np.iinfo(np.int64).max)
    )
    terms = dict(
        chain.from_iterable(
            Label.objects.filter(pk__in=chunk).values_list("pk", "term")
            for chunk in in_chunks(known.tolist(), IMAGES_PER_QUERY)
        )
    )
    return LabelRows(
        starts.astype(np.int64),
        codes.ravel().astype(np.int32),
        np.concatenate([*scores, np.zeros(0)]),
        [terms[pk] for pk in known.tolist()],
    )


def compute_vectors(galaxy: Galaxy, image_ids: NDArray[np.int64], rows: LabelRows) -> NDArray[np.float32]:
    """Return the vectors that the galaxy lays its images out by, float32 (n_images, n_features)."""
    return label_vectors(rows.labels, rows.scores, built_in_words())


def _fingerprint(galaxy: Galaxy, image_ids: NDArray[np.int64], rows: LabelRows) -> str:
    """Hash the settings, the images and what their labels are called now."""
    settings = [METHOD_VERSION, galaxy.n_clusters, galaxy.perplexity, galaxy.random_state]
    digest = hashlib.sha256(json.dumps([*settings, rows.terms]).encode())
    for array in (image_ids, rows.starts, rows.codes, rows.scores_flat.round(6)):
        digest.update(array.tobytes())
    return digest.hexdigest()
