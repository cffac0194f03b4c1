"""What a cluster could be divided into: read and computed, never written."""

from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from catalog.layout import GroupName, compute_groups, name_groups
from catalog.models import Build, Cluster, Image
from catalog.services.build_input import read_labels
from catalog.services.build_rows import last_build
from catalog.services.errors import ServiceError
from catalog.services.pins import places_of_cluster

__all__ = ["MAX_PARTS", "Part", "divide_cluster", "find_parts"]

MAX_PARTS = 6
N_TYPICAL = 8


@dataclass(frozen=True)
class Part:
    """Some of a cluster's images."""

    image_ids: list[int]
    """Ascending."""
    typical: list[int]
    """Ids of those nearest to its middle, nearest first."""
    names: list[str]
    """What it could be called, the best first; the first part keeps the cluster's name."""


def divide_cluster(cluster: Cluster, *, n: int = 2) -> list[Part]:
    """Divide a cluster's images into n parts by k-means on the map of the newest build, the largest first.

    Raises ServiceError when there is no build, or too few images, or too few different places, for so many parts.
    """
    if not 2 <= n <= MAX_PARTS:
        raise ServiceError(f"Expected a number of parts from 2 to {MAX_PARTS}, got {n}.")
    image_ids, positions = _read_places(cluster, _newest_build(cluster))
    groups = compute_groups(positions, k=n, random_state=0) if len(image_ids) else None
    if groups is None or groups.k < n:
        raise ServiceError(
            f"Expected a cluster that falls into {n} parts, got {cluster} with {len(image_ids):,} images. "
            "Choose fewer parts, or choose the images yourself on its contact sheet."
        )
    return _describe(cluster, image_ids, positions, groups.assignments)


def find_parts(cluster: Cluster, *, n: int = 2, images: QuerySet[Image] | None = None) -> list[Part]:
    """The parts that become new clusters: all but the largest of `divide_cluster`, or else the images given."""
    if images is None:
        return divide_cluster(cluster, n=n)[1:]
    build = _newest_build(cluster)
    image_ids, positions = _read_places(cluster, build)
    wanted = set(images.order_by().values_list("pk", flat=True))
    if not wanted:
        raise ServiceError("Expected images to make a cluster of, got none. Select some first.")
    chosen = np.isin(image_ids, list(wanted))
    if n_strangers := len(wanted) - int(chosen.sum()):
        raise ServiceError(
            f"Expected images that build {build.number} shows in {cluster}, got {n_strangers:,} that are not in it. Leave them out."
        )
    if chosen.all():
        raise ServiceError(f"Expected a part of {cluster}, got all of its images. Rename it instead.")
    return _describe(cluster, image_ids, positions, chosen.astype(np.int32))[1:]


def _newest_build(cluster: Cluster) -> Build:
    build = last_build(cluster.galaxy)
    if build is None:
        raise ServiceError(f"Expected a build of {cluster.galaxy} to divide a cluster of, but there is none yet.")
    return build


def _read_places(cluster: Cluster, build: Build) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """int64 (n,), ascending, and float32 (n, 3)."""
    rows = places_of_cluster(cluster, build).order_by("image_id").values_list("image_id", "x", "y", "z")
    table = np.fromiter(rows.iterator(10_000), np.dtype([("image", "i8"), ("x", "f4"), ("y", "f4"), ("z", "f4")]))
    return table["image"], np.column_stack([table[axis] for axis in "xyz"])


def _describe(
    cluster: Cluster, image_ids: NDArray[np.int64], positions: NDArray[np.float32], assignments: NDArray[np.int32]
) -> list[Part]:
    rows = read_labels(image_ids)
    names = name_groups(assignments, rows.labels, rows.scores, given={0: cluster.name})
    return [
        Part(
            image_ids=image_ids[assignments == number].tolist(),
            typical=_nearest_to_middle(image_ids[assignments == number], positions[assignments == number]),
            names=_names_of(name),
        )
        for number, name in enumerate(names)
    ]


def _names_of(name: GroupName) -> list[str]:
    return [name.name, *name.runner_ups]


def _nearest_to_middle(image_ids: NDArray[np.int64], positions: NDArray[np.float32]) -> list[int]:
    distances = np.linalg.norm(positions - positions.mean(axis=0), axis=1)
    found: list[int] = image_ids[np.argsort(distances, kind="stable")[:N_TYPICAL]].tolist()
    return found
