"""Write a galaxy as files: a stream, in bounded memory, the same bytes for the same input."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.format import OnProgress
from explorer.artifact.inputs import ClusterInfo, GalaxyPoints, ReadDetails, ReadSmall
from explorer.artifact.manifest import Credit, GalaxyInfo, Manifest, Subgroup
from explorer.artifact.reader import ArtifactReader
from explorer.artifact.store import Sink
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
    raise NotImplementedError
