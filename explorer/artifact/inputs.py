"""What a galaxy is written from: arrays, texts, and how to ask for pictures and details."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.subgroups import TellingLabel
from explorer.artifact.format import ArtifactError

MAX_CLUSTERS = 256  # the cluster column is one byte
UNKNOWN_TIME = -(2**31)

ReadSmall = Callable[[int], bytes | None]
"""Given an image's place in the input, return its small rendition, or None if there is none. Called from several threads."""

ReadDetails = Callable[[Sequence[int], NDArray[np.int32]], Sequence[Mapping[str, Any]]]
"""Given images' places in the input (at most 256) and each one's twelve neighbours' places (n, 12; -1: none), return public details."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class ClusterInfo:
    """A cluster as its curator sees it; the writer adds where it lies."""

    uuid: UUID | str
    name: str
    colour: str
    """`#rrggbb`"""
    description: str = ""
    cover: UUID | str | None = None
    tour_order: int = 0
    labels: Sequence[TellingLabel] = ()


@dataclass(frozen=True)
class GalaxyPoints:
    """What is known of each image, in any order; all arrays have n rows."""

    uuids: Sequence[UUID]
    positions: ArrayLike
    """float (n, 3), finite"""
    clusters: ArrayLike
    """int (n,), places in the list of clusters"""
    mean_colours: ArrayLike
    """uint8 (n, 3), RGB"""
    aspect_ratios: ArrayLike
    """float (n,), width / height, above 0"""
    picture_keys: Sequence[bytes]
    """What tells one small rendition from another, such as its hash. Never published: pictures with known keys are not read again."""
    flat: ArrayLike | None = None
    """float (n, 2), finite: the same galaxy in the plane"""
    times: ArrayLike | None = None
    """int (n,), days since 1970-01-01, `UNKNOWN_TIME` where unknown"""


@dataclass
class Images:
    """`GalaxyPoints`, checked."""

    uuids: Sequence[UUID]
    positions: NDArray[np.float32]
    clusters: NDArray[np.int64]
    colours: NDArray[np.uint8]
    aspects: NDArray[np.float64]
    picture_keys: Sequence[bytes]
    flat: NDArray[np.float32] | None
    times: NDArray[np.int32] | None

    def __len__(self) -> int:
        return len(self.uuids)


def check_input(
    points: GalaxyPoints,
    clusters: Sequence[ClusterInfo],
    vectors: NDArray[np.float16] | None,
    published_at: datetime,
) -> Images:
    """Return the arrays, checked against each other; raises ArtifactError."""
    n = len(points.uuids)
    if n == 0:
        raise ArtifactError("Expected at least 1 image, got none: a galaxy without images cannot be published.")
    if len(set(points.uuids)) != n:
        raise ArtifactError(f"Expected each image once, got {n - len(set(points.uuids))} of {n} twice.")
    images = Images(
        points.uuids,
        np.asarray(points.positions, dtype=np.float32),
        np.asarray(points.clusters, dtype=np.int64),
        np.asarray(points.mean_colours),
        np.asarray(points.aspect_ratios, dtype=np.float64),
        points.picture_keys,
        None if points.flat is None else np.asarray(points.flat, dtype=np.float32),
        None if points.times is None else np.asarray(points.times, dtype=np.int32),
    )
    for name, shape, wanted in (
        ("positions", images.positions.shape, (n, 3)),
        ("clusters", images.clusters.shape, (n,)),
        ("mean_colours", images.colours.shape, (n, 3)),
        ("aspect_ratios", images.aspects.shape, (n,)),
        ("picture_keys", (len(images.picture_keys),), (n,)),
        ("flat", (n, 2) if images.flat is None else images.flat.shape, (n, 2)),
        ("times", (n,) if images.times is None else images.times.shape, (n,)),
        ("vectors", (n,) if vectors is None else vectors.shape[:1], (n,)),
    ):
        if shape != wanted:
            raise ArtifactError(f"Expected {name} of shape {wanted} for {n} images, got {shape}.")
    for places in (images.positions, images.flat):
        if places is not None and not np.isfinite(places).all():
            raise ArtifactError("Expected finite positions, got NaN or infinite ones: build the galaxy again.")
    if not (np.isfinite(images.aspects) & (images.aspects > 0)).all():
        raise ArtifactError(
            "Expected aspect ratios above 0, got others: an image without width or height is no picture."
        )
    if images.colours.min() < 0 or images.colours.max() > 255:
        raise ArtifactError(
            f"Expected mean colours from 0 to 255, got {images.colours.min()} to {images.colours.max()}."
        )
    images.colours = images.colours.astype(np.uint8)
    if images.clusters.min() < 0 or images.clusters.max() >= len(clusters):
        raise ArtifactError(
            f"Expected cluster numbers from 0 to {len(clusters) - 1}, got {images.clusters.min()} to {images.clusters.max()}."
        )
    for cluster in clusters:
        if not _COLOUR.fullmatch(cluster.colour):
            raise ArtifactError(f"Expected a colour like #7fb4ff for cluster {cluster.name!r}, got {cluster.colour!r}.")
    if published_at.tzinfo is None:
        raise ArtifactError(f"Expected a time with a zone, got {published_at}: visitors live in many.")
    return images
