"""Images that look like one: an image of the collection, or a picture that somebody holds up and nobody keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

import numpy as np
from django.conf import settings
from django.db.models import QuerySet
from numpy.typing import NDArray

from catalog.annotators.pictures import UnreadablePictureError
from catalog.layout import best_rows, nearest_by_signs, products, sign_codes
from catalog.media import PictureError, verify_picture
from catalog.models import Collection, Image, Rendition
from catalog.services.chunks import IMAGES_PER_QUERY
from catalog.services.embeddings import look_at
from catalog.services.errors import ServiceError
from catalog.services.media import read_file
from catalog.services.vector_table import VectorTable, load_vectors

__all__ = ["PictureRefusedError", "Similar", "similar_images"]

N_CANDIDATES = 2000  # by their signs, of a library too large to compare all
EXTRA = 4  # candidates to a wanted hit that are asked for first: some are hidden, or have another picture by now
LOOKING_AT_ONCE = 2  # pictures that one process decodes; that is what takes memory
WAIT_FOR_PLACE_S = 10.0

_places = BoundedSemaphore(LOOKING_AT_ONCE)


class PictureRefusedError(ServiceError):
    """The picture that was asked about is none, or cannot be read."""


@dataclass(frozen=True)
class Similar:
    """What looks like it."""

    hits: list[tuple[int, float]]
    """(image id, cosine), the most alike first; equal ones by id."""
    is_exact: bool
    """False: only the 2,000 that are nearest by the signs of their vectors were compared, so some may be missing."""
    n_compared: int
    """Images of the collection that have been looked at."""


def similar_images(
    collection: Collection,
    *,
    image: Image | None = None,
    picture: bytes | None = None,
    images: QuerySet[Image],
    limit: int = 50,
    min_score: float = 0.0,
) -> Similar:
    """Find the images of a collection that look most like one of its images, or like a picture.

    Compared is what is stored, so it is fast; see `count_unseen` for how much that leaves out. Only the picture that is asked about is
    looked at now, if it has not been yet; nothing of it is kept.

    Parameters
    ----------
    image, picture
        One of them: an image of the collection, which is not among the hits; or the bytes of a picture file, in any format that the
        library takes.
    images
        What may be found: the caller asks the policy, this does not.
    limit
        The most hits, 1 to 50,000.
    min_score
        The least cosine of a hit, 0 to 1: 1 is the same picture, unlike pictures are near 0.

    Raises
    ------
    PictureRefusedError
        The picture cannot be read.
    ServiceError
        Too many are being looked at.
    """
    if (image is None) == (picture is None):
        raise ValueError("Expected either an image or a picture.")
    table = load_vectors(collection)
    query = _vector_of(table, image) if image is not None else _look_at_upload(picture or b"")
    if not len(table):
        return Similar([], True, 0)
    rows, scores = _compare(table, query)
    keep = scores >= min_score
    if image is not None:
        keep &= table.image_ids[rows] != image.pk
    rows, scores = rows[keep], scores[keep]
    best = best_rows(scores, limit * EXTRA)
    found = _allowed(table, rows[best], images)
    if found.sum() < limit and len(best) < len(rows):
        # Few of the nearest may be found: all that may are asked for at once, so that there are never more than two queries.
        best = best_rows(scores, len(scores))
        found = _allowed(table, rows[best], images)
    best = best[found][:limit]
    hits = zip(table.image_ids[rows[best]].tolist(), np.minimum(scores[best], 1.0).tolist(), strict=True)
    return Similar(list(hits), table.is_exact, len(table))


def _compare(table: VectorTable, query: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows and their cosines: all, or the nearest by signs."""
    if table.is_exact:
        return np.arange(len(table)), products(table.vectors, query)
    code = sign_codes(query[None], table.middle)[0]
    rows = np.sort(nearest_by_signs(table.codes, code, N_CANDIDATES))
    return rows, products(table.vectors[rows], query)


def _allowed(table: VectorTable, rows: NDArray[np.int64], images: QuerySet[Image]) -> NDArray[np.bool_]:
    """Which rows are of images that may be found, and of the pictures that these have now."""
    ids = table.image_ids[rows].tolist()
    if len(ids) <= IMAGES_PER_QUERY:
        images = images.filter(pk__in=ids)
    sha256s = dict(images.order_by().values_list("pk", "current_revision__sha256"))
    return np.array(
        [_is_current(table, row, sha256s.get(pk)) for row, pk in zip(rows.tolist(), ids, strict=True)], bool
    )


def _is_current(table: VectorTable, row: int, sha256: str | None) -> bool:
    return sha256 is not None and table.is_of(row, sha256)


def _vector_of(table: VectorTable, image: Image) -> NDArray[np.float32]:
    """What an image looks like: stored, or looked at now."""
    revision = image.current_revision
    if revision is None:
        raise ServiceError("Expected an image with a picture, but this one has none yet.")
    row = table.row_of(image.pk)
    if row is not None and table.is_of(row, revision.sha256):
        return np.asarray(table.vectors[row], dtype=np.float32)
    small = Rendition.objects.filter(revision=revision, kind=Rendition.Kind.SMALL).first()
    if small is None:
        raise ServiceError("The picture has no small rendition to be looked at. Import it again.")
    with _place_to_look():
        return look_at(read_file("media", small.storage_name))


def _look_at_upload(data: bytes) -> NDArray[np.float32]:
    with _place_to_look():
        verified = verify_picture(
            data, max_bytes=settings.GALAXY_MAX_FILE_MB * 1024**2, max_megapixels=settings.GALAXY_MAX_MEGAPIXELS
        )
        return look_at(verified.renditions[0].data)


@contextmanager
def _place_to_look() -> Iterator[None]:
    """Wait for one of the places of this process; what is wrong with the picture becomes a ServiceError."""
    if not _places.acquire(timeout=WAIT_FOR_PLACE_S):
        raise ServiceError(f"{LOOKING_AT_ONCE} pictures are being looked at already. Ask again in a moment.")
    try:
        yield
    except (PictureError, UnreadablePictureError) as error:
        raise PictureRefusedError(str(error)) from error
    finally:
        _places.release()
