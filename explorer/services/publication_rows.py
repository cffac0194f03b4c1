"""What a publication is made of, read from the database as a stream into flat arrays: some 300 bytes an image, vectors aside."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from catalog.models import Build, Galaxy, Position, Rendition
from catalog.services.build_input import BuildInput, read_labels
from catalog.services.build_vectors import compute_vectors
from catalog.services.media import read_file, rendition_name
from catalog.services.progress import Progress
from explorer.artifact import UNKNOWN_TIME, GalaxyPoints
from explorer.shown import Shown

__all__ = ["PublicationRows", "parse_day", "read_rows", "read_vectors"]

CHUNK = 5000


@dataclass(frozen=True)
class PublicationRows:
    """The images of a publication, in order of image id."""

    collection_uuid: UUID
    image_ids: NDArray[np.int64]
    """int64 (n_images,), ascending."""
    points: GalaxyPoints

    def read_small(self, index: int) -> bytes | None:
        """The small rendition of an image, by its row; None where the file is missing. Asks no database, so any thread may."""
        sha256 = self.points.picture_keys[index].hex()
        name = rendition_name(self.collection_uuid, self.points.uuids[index], sha256, Rendition.Kind.SMALL)
        try:
            return read_file("media", name)
        except (FileNotFoundError, PermissionError):
            return None  # drawn as its mean colour, and counted; a storage that does not answer stops the publication instead


def read_rows(galaxy: Galaxy, build: Build, shown: Shown, *, progress: Progress) -> PublicationRows:
    """Read the images of a build that are shown."""
    cluster_of = shown.cluster_of
    index_of = {cluster.pk: index for index, cluster in enumerate(shown.clusters)}
    n = len(cluster_of)
    image_ids = np.empty(n, dtype=np.int64)
    positions = np.empty((n, 3), dtype=np.float32)
    flat = np.full((n, 2), np.nan, dtype=np.float32)
    owners = np.empty(n, dtype=np.int64)
    colours = np.empty(n, dtype=np.uint32)
    aspect_ratios = np.empty(n, dtype=np.float64)
    uuids: list[UUID] = []
    picture_keys: list[bytes] = []
    times = np.full(n, UNKNOWN_TIME, dtype=np.int32)
    of_build = Position.objects.filter(build=build).order_by("image_id")
    found = of_build.values_list(
        "image_id",
        "image__uuid",
        "x",
        "y",
        "z",
        "image__current_revision__mean_colour",
        "image__current_revision__width",
        "image__current_revision__height",
        "image__current_revision__sha256",
        "image__taken_at",
        "flat_x",
        "flat_y",
    )
    row = 0
    for image_id, uuid, x, y, z, colour, width, height, sha256, taken_at, flat_x, flat_y in found.iterator(CHUNK):
        if image_id not in cluster_of:
            continue
        image_ids[row] = image_id
        positions[row] = x, y, z
        flat[row] = (np.nan, np.nan) if flat_x is None else (flat_x, flat_y)
        owners[row] = index_of[cluster_of[image_id]]
        colours[row] = colour
        aspect_ratios[row] = width / height
        times[row] = parse_day(taken_at)
        uuids.append(uuid)
        picture_keys.append(bytes.fromhex(sha256))
        row += 1
        if row % CHUNK == 0:
            progress("Reading", row, n)
    points = GalaxyPoints(
        uuids=uuids,
        positions=positions[:row],
        clusters=owners[:row],
        mean_colours=np.stack([colours[:row] >> 16, colours[:row] >> 8 & 255, colours[:row] & 255], axis=1).astype(
            np.uint8
        ),
        aspect_ratios=aspect_ratios[:row],
        picture_keys=picture_keys,
        flat=flat[:row] if np.isfinite(flat[:row]).all() else None,  # a build from before there were flat maps has none
        times=times[:row] if galaxy.publish_exif else None,
    )
    return PublicationRows(galaxy.collection.uuid, image_ids[:row], points)


def parse_day(taken_at: str) -> int:
    """Return days since 1970-01-01 of a date that may be known in part, the middle of what is known: 1923 is 1923-07-01."""
    if not taken_at:
        return UNKNOWN_TIME
    whole = {4: f"{taken_at}-07-01", 7: f"{taken_at}-16"}.get(len(taken_at), taken_at[:10])
    try:
        return (date.fromisoformat(whole) - date(1970, 1, 1)).days
    except ValueError:
        return UNKNOWN_TIME


def read_vectors(
    galaxy: Galaxy, build: Build, image_ids: NDArray[np.int64], *, progress: Progress
) -> NDArray[np.float16] | None:
    """Return the vectors that the build was laid out by, float16 (n_images, n_features); 0 where nothing is known of an image.

    None where they were the library's own: those lie in its file, and are not kept.
    """
    if "vectors" in build.parameters:
        return None
    rows = read_labels(image_ids, progress=progress)
    return compute_vectors(galaxy, BuildInput(image_ids, rows, ""), progress=progress).astype(np.float16)
