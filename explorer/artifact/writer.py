"""Write a galaxy as files: a stream, in bounded memory, the same bytes for the same input."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from catalog.layout.subgroups import Subgroup
from explorer.artifact.atlas_parts import AtlasWriter
from explorer.artifact.chunks import COLUMNS
from explorer.artifact.details_parts import write_details
from explorer.artifact.format import ArtifactError, OnProgress, encode_json
from explorer.artifact.inputs import (
    MAX_CLUSTERS,
    ClusterInfo,
    GalaxyPoints,
    Images,
    ReadDetails,
    ReadSmall,
    check_input,
)
from explorer.artifact.manifest import Bounds, ClusterEntry, Credit, GalaxyInfo, Manifest, Pointer
from explorer.artifact.neighbour_parts import write_neighbours
from explorer.artifact.numbering import number_images
from explorer.artifact.point_parts import write_lookup, write_nodes, write_places
from explorer.artifact.points import measure_radius
from explorer.artifact.reader import ArtifactReader
from explorer.artifact.store import Sink, Store
from explorer.artifact.tables import Tables


@dataclass(frozen=True)
class WrittenArtifact:
    manifest: Manifest
    tables: Tables
    manifest_name: str
    objects: tuple[tuple[str, int], ...]
    """Name and size in bytes of every file of this artifact, the manifest last; not the pointer."""
    pointer: bytes
    """What to put under `current.json`, last of all."""
    n_new_objects: int
    """How many of the files were not there yet."""
    n_new_bytes: int
    """How large those are."""
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
    vectors: NDArray[np.float16] | None = None,
    subgroups: Sequence[Subgroup] = (),
    credits: Sequence[Credit] = (),
    downloads: bool = False,
    previous: ArtifactReader | None = None,
    on_progress: OnProgress = lambda stage, done, total: None,
) -> WrittenArtifact:
    """Write every file of a publication except the pointer, which the caller writes last to make it current.

    Files are named by their content and skipped where they already are. Atlases and neighbours, the dear ones, are remembered by what
    they are made from, so an interrupted run can simply be run again, and a later one reads only new pictures. Clusters
    without an image are left out and the others numbered anew.

    Parameters
    ----------
    galaxy, clusters, credits: texts; at most 256 clusters.
    points: the images, at least one.
    build: number of the build that is published.
    read_small: called for images whose atlases are not there yet, from several threads.
    read_details: called once per 256 images; see `explorer.artifact.details` for what may be in them.
    sink: where files go.
    published_at: the pointer's time, with a zone.
    vectors: float16 (n, d), the images in the space that the galaxy was laid out in, zeros where nothing is known; may be a memory map.
        Without it there are neither neighbours nor codes.
    subgroups: `cluster` is a place in `clusters`; those of clusters without an image are left out.
    downloads: whether pictures may be offered for download.
    previous: the publication to add to, of the same galaxy in the same storage. Images keep their tiles; if the layout is the same but for
        newcomers, they keep their places too. Without it all is numbered afresh: that is compaction.
    on_progress: told of "tiles", "neighbours" and "details" by images; raising from it stops the work.

    Raises
    ------
    ArtifactError: input that does not fit together, or details with a field that is not public.
    """
    images = check_input(points, clusters, vectors, published_at)
    kept = np.unique(images.clusters)
    if len(kept) > MAX_CLUSTERS:
        raise ArtifactError(f"Expected at most {MAX_CLUSTERS} clusters, got {len(kept)}: build with a smaller k.")
    images.clusters = np.searchsorted(kept, images.clusters)
    numbering = number_images(images, previous)
    before = previous if numbering.n_kept_tiles else None
    tables_before = before.tables if before else None
    store = Store(sink)

    atlases = AtlasWriter(images, numbering, read_small, store, on_progress)
    levels = atlases.write(tables_before)
    near = write_neighbours(vectors, numbering, store, before, on_progress)
    details, search = write_details(images, numbering, near.lists, read_details, store, before, on_progress)
    tables = Tables(
        n_tiles=numbering.n_tiles,
        levels=levels,
        places=write_places(images, numbering, store, tables_before),
        details=details,
        neighbours=near.parts,
        neighbour_patches=near.patches,
        codes=near.codes,
        lookup=write_lookup(images, numbering, store, tables_before),
        search=search,
    )
    index_of = {int(place): index for index, place in enumerate(kept)}
    manifest = Manifest(
        galaxy=galaxy,
        build=build,
        n_images=len(images),
        n_points=len(numbering.image_of_point),
        bounds=numbering.bounds,
        clusters=_describe_clusters([clusters[i] for i in kept], images, numbering.bounds),
        subgroups=tuple(replace(s, cluster=index_of[s.cluster]) for s in subgroups if s.cluster in index_of),
        columns=COLUMNS,
        nodes=write_nodes(images, numbering, store),
        flat=numbering.flat,
        tables=store.add(tables.encode(), ".bin"),
        credits=tuple(credits),
        downloads=downloads,
    )
    names = sorted({*manifest.object_names(), *tables.object_names()})
    parts = [(name, store.size_of(name)) for name in names]
    manifest_data = encode_json(manifest.to_json())
    manifest_name = store.add(manifest_data, ".json")
    return WrittenArtifact(
        manifest=manifest,
        tables=tables,
        manifest_name=manifest_name,
        objects=(*parts, (manifest_name, len(manifest_data))),
        pointer=Pointer(manifest_name, published_at).encode(),
        n_new_objects=store.n_new,
        n_new_bytes=store.n_new_bytes,
        n_unreadable_pictures=atlases.n_unreadable,
    )


def _describe_clusters(clusters: Sequence[ClusterInfo], images: Images, bounds: Bounds) -> tuple[ClusterEntry, ...]:
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
                labels=tuple(cluster.labels),
            )
        )
    return tuple(entries)
