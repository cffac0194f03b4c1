"""A library's own vectors or positions: a file keyed by external id, matched with images."""

import hashlib
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.layout import GivenError, read_given
from catalog.models import Occurrence
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.errors import BuildError

__all__ = ["OwnNumbers", "read_own_numbers"]

NAMED = 20  # ids that a result names; it is kept with the build and has to stay small


@dataclass(frozen=True)
class OwnNumbers:
    """What a file says of a collection's images."""

    values: NDArray[np.float32]
    """float32 (n_found, n_features), in order of image id."""
    found: NDArray[np.bool_]
    """bool (n_images,): which images the file names."""
    digest: str
    """SHA-256 of the file's bytes."""
    told: dict[str, object]
    """For the result: images left out and ids that no image has, how many and the first of them."""


def read_own_numbers(path: Path, image_ids: NDArray[np.int64], *, n_features: int | None = None) -> OwnNumbers:
    """Read a file of numbers for images, by the external ids under which they were imported.

    Parameters
    ----------
    path
        See `catalog.layout.read_given` for the formats.
    image_ids
        int64 (n_images,), ascending.
    n_features
        How many numbers an image has to have; any by default.

    Raises
    ------
    BuildError
        When the file cannot be read, or names none of the images.
    """
    occurrences = list(
        chain.from_iterable(
            Occurrence.objects.filter(image_id__in=chunk)
            .exclude(external_id="")
            .order_by("image_id", "pk")
            .values_list("image_id", "external_id")
            for chunk in in_chunks(image_ids.tolist(), IMAGES_PER_QUERY)
        )
    )
    try:
        given = read_given(path, [external_id for _, external_id in occurrences], n_features=n_features)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (GivenError, OSError) as error:
        raise BuildError(str(error)) from error
    # An image that was found in several places has several ids: the first that the file names counts.
    owners = np.fromiter((image_id for image_id, _ in occurrences), np.int64)[given.found]
    named, first = np.unique(owners, return_index=True)
    found = np.isin(image_ids, named)
    if not found.any():
        raise BuildError(
            f"{path.name} names none of the {len(image_ids):,} images by the external id under which it was imported. "
            "Import them with a column external_id in metadata.csv, and use the same ids in the file."
        )
    left_out = image_ids[~found]
    told: dict[str, object] = {
        "n_left_out": len(left_out),
        "left_out": _names(left_out[:NAMED]),
        "n_unknown_ids": len(given.unknown_ids),
        "unknown_ids": [str(name)[:200] for name in given.unknown_ids[:NAMED]],
    }
    return OwnNumbers(given.values[given.found][first], found, digest, told)


def _names(image_ids: NDArray[np.int64]) -> list[str]:
    """What people know images by: their external id, or else where they were found."""
    rows = Occurrence.objects.filter(image_id__in=image_ids.tolist()).order_by("image_id", "-pk")
    return list({row.image_id: row.external_id or row.location for row in rows}.values())
