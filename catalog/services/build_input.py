"""What a galaxy is built from: visible images, their effective labels, and perhaps a library's own numbers; read, never written.

A million images have some eight million labels: they are kept as flat arrays (100 MB), not as a million lists (1 GB).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from catalog.annotators.visual import VISUAL_VERSION
from catalog.models import Collection, EffectiveLabel, Galaxy, Image, Label
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.clock import read_change_number
from catalog.services.embeddings import word_vectors
from catalog.services.errors import BuildError
from catalog.services.own_numbers import OwnNumbers, read_own_numbers
from catalog.services.progress import Progress, ignore_progress

__all__ = [
    "METHOD_VERSION",
    "BuildError",
    "BuildInput",
    "LabelRows",
    "read_input",
    "read_labels",
    "visible_images",
]

# Raised when the same input would give another map: it is part of what makes a build the same build.
# 2: piles are spread; 3: images without labels are one group; 4: starts from the last build; 5: a flat map beside it.
METHOD_VERSION = 5

T = TypeVar("T")


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
    """SHA-256 over the images, their labels, the galaxy's settings and the library's own files."""
    own_vectors: NDArray[np.float32] | None = None
    """float32 (n_images, n_features): a library's own, instead of those of the labels."""
    own_positions: NDArray[np.float32] | None = None
    """float32 (n_images, 3): a library's own, instead of the engine's."""
    change_number: int = 0
    """The collection's clock before anything was read: what changes later has a greater number."""
    told: dict[str, Any] = field(default_factory=dict)
    """What is noted with the build: the files' hashes, and which images they left out."""

    def take(self, rows: NDArray[np.intp]) -> "BuildInput":
        """Return these images alone; the fingerprint stays that of all."""
        return replace(
            self,
            image_ids=self.image_ids[rows],
            rows=self.rows.take(rows),
            own_vectors=None if self.own_vectors is None else self.own_vectors[rows],
            own_positions=None if self.own_positions is None else self.own_positions[rows],
        )


def visible_images(collection: Collection) -> QuerySet[Image]:
    """The images that a build places."""
    return Image.objects.filter(collection=collection, hidden=False, current_revision__isnull=False)


def read_input(
    galaxy: Galaxy,
    *,
    vectors_file: Path | None = None,
    positions_file: Path | None = None,
    progress: Progress = ignore_progress,
) -> BuildInput:
    """Read images and effective labels in order of image id, and hash what is read.

    Parameters
    ----------
    vectors_file, positions_file
        A library's own numbers by external id; images that a given file does not name are left out.

    Raises
    ------
    BuildError
        When no visible image has been imported, or a file cannot be read or names none of them.
    """
    progress("Reading labels", 0, 0)
    change_number = read_change_number(galaxy.collection_id)
    image_ids = read_ids(visible_images(galaxy.collection))
    if len(image_ids) == 0:
        raise BuildError(
            f"The collection {galaxy.collection.slug} has no visible image to build from. Import some first: "
            f"manage.py import_images FOLDER --collection {galaxy.collection.slug}"
        )
    own: dict[str, OwnNumbers] = {}
    if vectors_file is not None:
        own["vectors"] = read_own_numbers(vectors_file, image_ids)
    if positions_file is not None:
        own["positions"] = read_own_numbers(positions_file, image_ids, n_features=3)
    named = np.ones(len(image_ids), dtype=bool)
    told: dict[str, Any] = {}
    for name, numbers in own.items():
        named &= numbers.found
        told |= {name: numbers.digest, **numbers.told}
    values = {f"own_{name}": numbers.values[named[numbers.found]] for name, numbers in own.items()}
    if own:
        told["n_left_out"] = int((~named).sum())
    image_ids = image_ids[named]
    rows = read_labels(image_ids, progress=progress)
    files = [numbers.digest for numbers in own.values()]
    fingerprint = _fingerprint(galaxy, image_ids, rows, files)
    return BuildInput(image_ids, rows, fingerprint, change_number=change_number, told=told, **values)


def read_ids(images: QuerySet[Image]) -> NDArray[np.int64]:
    """Return the primary keys of images, int64 (n_images,), ascending."""
    return np.fromiter(images.order_by("pk").values_list("pk", flat=True).iterator(10_000), np.int64)


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


def _fingerprint(galaxy: Galaxy, image_ids: NDArray[np.int64], rows: LabelRows, files: list[str]) -> str:
    """Hash the settings, the images, what their labels are called now, and a library's own files."""
    settings = [METHOD_VERSION, galaxy.n_clusters, galaxy.extra_cluster_labels, galaxy.perplexity, galaxy.random_state]
    spaces = [word_vectors().name, galaxy.visual_weight, VISUAL_VERSION if galaxy.visual_weight else "", files]
    digest = hashlib.sha256(json.dumps([settings, spaces, rows.terms]).encode())
    for array in (image_ids, rows.starts, rows.codes, rows.scores_flat.round(6)):
        digest.update(array.tobytes())
    if galaxy.visual_weight:  # a retouched picture looks different
        revisions = visible_images(galaxy.collection).order_by("pk").values_list("current_revision_id", flat=True)
        digest.update(np.fromiter(revisions.iterator(10_000), np.int64).tobytes())
    return digest.hexdigest()
