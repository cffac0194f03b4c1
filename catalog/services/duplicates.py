"""Near-duplicates: images hashed by what they look like, and those that look nearly the same put together."""

import io
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from PIL import Image as Picture

from catalog.layout import group_near_duplicates
from catalog.media import PERCEPTUAL_HASH_VERSION, perceptual_hash
from catalog.models import Collection, Image, NearDuplicate, Rendition, Revision
from catalog.services.media import read_file
from catalog.services.progress import Progress, ignore_progress

__all__ = ["DEFAULT_DISTANCE", "DuplicatesResult", "find_near_duplicates", "look_alikes"]

# docs/duplicates.md: at 8 bits of 64 no two of 250 different photographs are taken for one, and nine of ten copies that were
# cropped by 5 % are found.
DEFAULT_DISTANCE = 8
# Copies keep their shape, but for a crop; of what only happens to hash alike this leaves out half.
MAX_ASPECT_CHANGE = 1.15
CHUNK = 500


@dataclass(frozen=True)
class DuplicatesResult:
    """What was found."""

    n_images: int
    n_plain: int
    """Too plain to be told from others: blank pages, a drawing in one corner."""
    n_groups: int
    n_near_duplicates: int

    def as_json(self) -> dict[str, object]:
        """For a command's last line and a job's result."""
        return dict(vars(self))


def find_near_duplicates(
    collection: Collection, *, max_distance: int = DEFAULT_DISTANCE, progress: Progress = ignore_progress
) -> DuplicatesResult:
    """Group the collection's images that look nearly the same, replacing the groups that there were.

    Images without a hash of the present version get one from their small rendition, in chunks, so it may be stopped and run again.

    Parameters
    ----------
    max_distance
        Bits of 64 in which an image's hash may differ from its head's.
    """
    _hash_missing(collection, progress)
    images = Image.objects.filter(collection=collection, current_revision__perceptual_hash__isnull=False)
    fields = ("pk", "current_revision__perceptual_hash", "current_revision__width", "current_revision__height")
    rows = images.order_by("pk").values_list(*fields).iterator(10_000)
    table = np.array(np.fromiter(rows, np.dtype((np.int64, 4))), dtype=np.int64).reshape(-1, 4)
    ids, hashes, widths, heights = (table[:, column] for column in range(4))
    heads = group_near_duplicates(
        np.ascontiguousarray(hashes),
        widths * heights,
        max_distance,
        shapes=np.log(widths / heights),
        max_shape_difference=float(np.log(MAX_ASPECT_CHANGE)),
        on_progress=progress,
    )
    members = np.flatnonzero(heads != np.arange(len(ids)))
    _save(collection, ids[members].tolist(), ids[heads[members]].tolist(), _distances(hashes, heads, members), progress)
    n_images = collection.images.filter(current_revision__isnull=False).count()
    return DuplicatesResult(n_images, n_images - len(ids), len(np.unique(heads[members])), len(members))


def look_alikes(image: Image) -> list[Image]:
    """The other images of the group that the image is in, its head first; none if it is in none."""
    row = NearDuplicate.objects.filter(image=image).select_related("head").first()
    head = row.head if row else image
    others = (
        Image.objects.filter(near_duplicate__head=head).exclude(pk=image.pk).order_by("near_duplicate__distance", "pk")
    )
    return [*([head] if row else []), *others]


def _hash_missing(collection: Collection, progress: Progress) -> None:
    missing = Revision.objects.filter(current_of__collection=collection).exclude(hash_version=PERCEPTUAL_HASH_VERSION)
    n_total, n_done = missing.count(), 0
    while chunk := list(missing.order_by("pk")[:CHUNK]):
        progress("Hashing", n_done, n_total)
        names = dict(
            Rendition.objects.filter(revision__in=chunk, kind=Rendition.Kind.SMALL).values_list(
                "revision_id", "storage_name"
            )
        )
        for revision in chunk:
            revision.hash_version = PERCEPTUAL_HASH_VERSION
            if revision.pk in names:
                with Picture.open(io.BytesIO(read_file("media", names[revision.pk]))) as small:
                    revision.perceptual_hash = perceptual_hash(small)
        Revision.objects.bulk_update(chunk, ["perceptual_hash", "hash_version"])
        n_done += len(chunk)


def _distances(hashes: np.ndarray, heads: np.ndarray, members: np.ndarray) -> list[int]:
    differing = hashes[members] ^ hashes[heads[members]]
    return [int(bits).bit_count() for bits in differing.view(np.uint64)]


def _save(collection: Collection, ids: list[int], heads: list[int], distances: list[int], progress: Progress) -> None:
    """Write what changed, in short transactions; in between, some images may be in no group."""
    now = {image: (head, distance) for image, head, distance in zip(ids, heads, distances, strict=True)}
    rows = NearDuplicate.objects.filter(image__collection=collection)
    before = {image: (head, distance) for image, head, distance in rows.values_list("image", "head", "distance")}
    gone = [image for image in before if now.get(image) != before[image]]
    new = [image for image in now if now[image] != before.get(image)]
    for start in range(0, len(gone), CHUNK):
        NearDuplicate.objects.filter(image__in=gone[start : start + CHUNK]).delete()
    for start in range(0, len(new), CHUNK):
        progress("Saving", start, len(new))
        with transaction.atomic():
            NearDuplicate.objects.bulk_create(
                NearDuplicate(image_id=image, head_id=now[image][0], distance=now[image][1])
                for image in new[start : start + CHUNK]
            )
