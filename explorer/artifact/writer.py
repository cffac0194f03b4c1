"""Write a galaxy as files: a stream, in bounded memory, the same bytes for the same input."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.artifact.atlas import ReadSmall, pack_atlases
from explorer.artifact.details import encode_shard
from explorer.artifact.format import (
    CONTENT_TYPES,
    MAX_CLUSTERS,
    SHARD_SIZE,
    TILE_SIZE,
    ArtifactError,
    Atlas,
    Bounds,
    ClusterEntry,
    Credit,
    Details,
    GalaxyInfo,
    Manifest,
    OnProgress,
    Pointer,
    PointsFile,
    encode_json,
    object_name,
)
from explorer.artifact.points import (
    Points,
    encode_ids,
    encode_points,
    measure_bounds,
    measure_radius,
    morton_order,
    quantise_aspect,
    quantise_positions,
    tile_references,
)

ReadDetails = Callable[[Sequence[int]], Sequence[Mapping[str, Any]]]
"""Given images' places in the input (at most 256), return their public details in the same order."""

_COLOUR = re.compile(r"#[0-9a-f]{6}")


class Sink(Protocol):
    """Where files go; names are relative to the galaxy's own prefix."""

    def exists(self, name: str) -> bool: ...

    def put(self, name: str, data: bytes, content_type: str) -> None: ...


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


@dataclass(frozen=True)
class WrittenArtifact:
    manifest: Manifest
    manifest_name: str
    objects: tuple[tuple[str, int], ...]
    """Name and size in bytes of every file of this artifact, the manifest last; not the pointer."""
    pointer: bytes
    """What to put under `current.json`, last of all."""
    n_new_objects: int
    """How many of the files were not there yet."""
    n_unreadable_pictures: int
    """How many pictures are drawn as their mean colour because their small rendition could not be read."""

    @property
    def size_bytes(self) -> int:
        return sum(size for _, size in self.objects)


def write_artifact(
    galaxy: GalaxyInfo,
    clusters: Sequence[ClusterInfo],
    points: GalaxyPoints,
    *,
    build: int,
    read_small: ReadSmall,
    read_details: ReadDetails,
    sink: Sink,
    published_at: datetime,
    credits: Sequence[Credit] = (),
    on_progress: OnProgress = lambda stage, done, total: None,
) -> WrittenArtifact:
    """Write every file of a publication except the pointer, which the caller writes last to make it current.

    Files are named by their content and skipped where they already are, so an interrupted run can simply be run again. Pictures
    and details are asked for in chunks, in the order in which they are packed; besides the arrays, one atlas and one shard are in
    memory. Clusters without an image are left out and the others numbered anew.

    Parameters
    ----------
    galaxy, clusters, credits: texts; at most 256 clusters.
    points: the images, at least one.
    build: number of the build that is published.
    read_small: called once per image.
    read_details: called once per 256 images; see `explorer.artifact.details` for what may be in them.
    sink: where files go.
    published_at: the pointer's time, with a zone.
    on_progress: told of "tiles" and "details" by images; raising from it stops the work.

    Raises
    ------
    ArtifactError: input that does not fit together, or details with a field that is not public.
    """
    images = _check(points, clusters, published_at)
    kept = np.unique(images.clusters)
    if len(kept) > MAX_CLUSTERS:
        raise ArtifactError(f"Expected at most {MAX_CLUSTERS} clusters, got {len(kept)}: build with a smaller k.")
    images.clusters = np.searchsorted(kept, images.clusters)

    bounds = measure_bounds(images.positions)
    quantised = quantise_positions(images.positions, bounds)
    order = morton_order(quantised)
    columns = Points(
        position=quantised[order],
        cluster=images.clusters[order].astype(np.uint8),
        colour=images.colours[order],
        aspect=quantise_aspect(images.aspects[order]),
        flags=np.zeros(len(order), dtype=np.uint8),
        tile=tile_references(len(order)),
    )
    uuids = [points.uuids[i] for i in order]
    store = _Store(sink)

    atlases: list[Atlas] = []
    n_unreadable = 0
    for packed in pack_atlases(order, columns.aspect, columns.colour, read_small, on_progress):
        name = store.add(packed.data, ".webp")
        atlases.append(Atlas(name, packed.width, packed.height, TILE_SIZE, packed.n_tiles))
        n_unreadable += packed.n_unreadable

    shards: list[str] = []
    for start in range(0, len(order), SHARD_SIZE):
        part = slice(start, start + SHARD_SIZE)
        details = read_details([int(i) for i in order[part]])
        shards.append(store.add(encode_shard(details, uuids[part], columns.cluster[part].tolist()), ".bin"))
        on_progress("details", min(start + SHARD_SIZE, len(order)), len(order))

    points_data, layout = encode_points(columns)
    manifest = Manifest(
        galaxy=galaxy,
        build=build,
        n_images=len(order),
        bounds=bounds,
        clusters=_describe_clusters([clusters[i] for i in kept], images, bounds),
        points=PointsFile(store.add(points_data, ".bin"), len(order), layout),
        ids_url=store.add(encode_ids(uuids), ".bin"),
        atlases=tuple(atlases),
        details=Details(SHARD_SIZE, tuple(shards)),
        credits=tuple(credits),
    )
    manifest_name = store.add(encode_json(manifest.to_json()), ".json")
    pointer = Pointer(manifest_name, published_at).encode()
    return WrittenArtifact(manifest, manifest_name, tuple(store.objects.items()), pointer, store.n_new, n_unreadable)


class _Store:
    """Puts content under its own name, once."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.objects: dict[str, int] = {}
        self.n_new = 0

    def add(self, data: bytes, extension: str) -> str:
        name = object_name(data, extension)
        if name not in self.objects and not self._sink.exists(name):
            self._sink.put(name, data, CONTENT_TYPES[extension])
            self.n_new += 1
        self.objects[name] = len(data)
        return name


@dataclass
class _Images:
    positions: NDArray[np.float32]
    clusters: NDArray[np.int64]
    colours: NDArray[np.uint8]
    aspects: NDArray[np.float64]


def _check(points: GalaxyPoints, clusters: Sequence[ClusterInfo], published_at: datetime) -> _Images:
    """Return the arrays, checked against each other."""
    n = len(points.uuids)
    if n == 0:
        raise ArtifactError("Expected at least 1 image, got none: a galaxy without images cannot be published.")
    if len(set(points.uuids)) != n:
        raise ArtifactError(f"Expected each image once, got {n - len(set(points.uuids))} of {n} twice.")
    positions = np.asarray(points.positions, dtype=np.float32)
    owners = np.asarray(points.clusters, dtype=np.int64)
    colours = np.asarray(points.mean_colours)
    aspects = np.asarray(points.aspect_ratios, dtype=np.float64)
    for name, shape, wanted in (
        ("positions", positions.shape, (n, 3)),
        ("clusters", owners.shape, (n,)),
        ("mean_colours", colours.shape, (n, 3)),
        ("aspect_ratios", aspects.shape, (n,)),
    ):
        if shape != wanted:
            raise ArtifactError(f"Expected {name} of shape {wanted} for {n} images, got {shape}.")
    if not np.isfinite(positions).all():
        raise ArtifactError("Expected finite positions, got NaN or infinite ones: build the galaxy again.")
    if not (np.isfinite(aspects) & (aspects > 0)).all():
        raise ArtifactError(
            "Expected aspect ratios above 0, got others: an image without width or height is no picture."
        )
    if colours.min() < 0 or colours.max() > 255:
        raise ArtifactError(f"Expected mean colours from 0 to 255, got {colours.min()} to {colours.max()}.")
    if owners.min() < 0 or owners.max() >= len(clusters):
        raise ArtifactError(
            f"Expected cluster numbers from 0 to {len(clusters) - 1}, got {owners.min()} to {owners.max()}."
        )
    for cluster in clusters:
        if not _COLOUR.fullmatch(cluster.colour):
            raise ArtifactError(f"Expected a colour like #7fb4ff for cluster {cluster.name!r}, got {cluster.colour!r}.")
    if published_at.tzinfo is None:
        raise ArtifactError(f"Expected a time with a zone, got {published_at}: visitors live in many.")
    return _Images(positions, owners, colours.astype(np.uint8), aspects)


def _describe_clusters(clusters: Sequence[ClusterInfo], images: _Images, bounds: Bounds) -> tuple[ClusterEntry, ...]:
    """Return what the manifest says of each cluster; none is empty."""
    entries = []
    for index, cluster in enumerate(clusters):
        places = images.positions[images.clusters == index].astype(np.float64)
        x, y, z = places.mean(axis=0).tolist()
        entries.append(
            ClusterEntry(
                uuid=str(cluster.uuid),
                index=index,
                name=cluster.name,
                colour=cluster.colour,
                description=cluster.description,
                n_images=len(places),
                centroid=(x, y, z),
                radius=measure_radius(places, bounds.extent),
                cover=None if cluster.cover is None else str(cluster.cover),
                tour_order=cluster.tour_order,
            )
        )
    return tuple(entries)
