"""The pointer and the manifest: what a page reads first."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from catalog.layout.subgroups import Subgroup, TellingLabel
from explorer.artifact.binary import Column
from explorer.artifact.format import (
    FORMAT_VERSION,
    MANIFEST_FORMAT,
    POINTER_FORMAT,
    POINTER_NAME,
    ArtifactError,
    check_format,
    check_name,
    decode_json,
    encode_json,
    read_known,
    reading,
)

ROOT = -1
"""`Node.parent` of the octree's root, and of the first node of each update."""


@dataclass(frozen=True)
class GalaxyInfo:
    """The galaxy as its visitors know it."""

    uuid: str
    slug: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Bounds:
    """Where the points lie: in a cube of edge `extent` whose lowest corner is `origin`."""

    origin: tuple[float, float, float]
    extent: float
    radius: float
    """95 % of the images lie within this distance of their common centre, the middle of their mass: what a first view should hold."""


@dataclass(frozen=True)
class FlatBounds:
    """The square in which the flat layout lies."""

    origin: tuple[float, float]
    extent: float


@dataclass(frozen=True)
class ClusterEntry:
    uuid: str
    index: int
    name: str
    colour: str
    description: str
    n_images: int
    centroid: tuple[float, float, float]
    radius: float
    """95 % of its images lie within this distance of the centroid; at least a hundredth of the galaxy's extent."""
    cover: str | None
    tour_order: int
    labels: tuple[TellingLabel, ...] = ()


@dataclass(frozen=True)
class Node:
    """Points `first` to `first + n - 1`: a sample of a region, which is not repeated in the node's children."""

    first: int
    n: int
    parent: int
    level: int
    centre: tuple[float, float, float]
    radius: float
    """Of a ball around the points of the node and of all its descendants."""
    url: str
    extra: dict[str, str] = field(default_factory=dict)
    """Names of the files with more columns, by column: `flat`, `time`."""

    def object_names(self) -> list[str]:
        return [self.url, *self.extra.values()]


@dataclass(frozen=True)
class Credit:
    """Whom to thank for the pictures, shown on the page."""

    text: str
    url: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Manifest:
    """The table of contents of one publication."""

    galaxy: GalaxyInfo
    build: int
    n_images: int
    n_points: int
    """Tombstones included."""
    bounds: Bounds
    clusters: tuple[ClusterEntry, ...]
    subgroups: tuple[Subgroup, ...]
    columns: tuple[Column, ...]
    nodes: tuple[Node, ...]
    """Parents before children."""
    flat: FlatBounds | None
    tables: str
    credits: tuple[Credit, ...]
    downloads: bool

    def to_json(self) -> dict[str, Any]:
        return {"format": MANIFEST_FORMAT, "version": FORMAT_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read what `to_json` wrote; keys that a later writer of the same version added are passed over.

        Raises
        ------
        ArtifactError: another format, another version, or something missing or wrong.
        """
        check_format(document, MANIFEST_FORMAT)
        with reading(f"a whole manifest of version {FORMAT_VERSION}, got one"):
            flat = document["flat"]
            return cls(
                galaxy=read_known(GalaxyInfo, document["galaxy"]),
                build=int(document["build"]),
                n_images=int(document["n_images"]),
                n_points=int(document["n_points"]),
                bounds=read_known(Bounds, document["bounds"]),
                clusters=tuple(_read_cluster(cluster) for cluster in document["clusters"]),
                subgroups=tuple(read_known(Subgroup, subgroup) for subgroup in document["subgroups"]),
                columns=tuple(read_known(Column, column) for column in document["columns"]),
                nodes=_read_nodes(document["nodes"], int(document["n_points"])),
                flat=None if flat is None else read_known(FlatBounds, flat),
                tables=check_name(document["tables"]),
                credits=tuple(Credit(c["text"], c["url"], c["licence"]) for c in document["credits"]),
                downloads=bool(document["downloads"]),
            )

    def object_names(self) -> list[str]:
        """Return the name of every file that the manifest names; the file with the tables names the rest."""
        return [*(name for node in self.nodes for name in node.object_names()), self.tables]


@dataclass(frozen=True)
class Pointer:
    """Which publication is the current one."""

    manifest: str
    published_at: datetime
    withdrawn: tuple[UUID, ...] = ()
    """Images that must not be shown any more, though the files still hold them."""

    def encode(self) -> bytes:
        """Return the bytes of `current.json`."""
        return encode_json(
            {
                "format": POINTER_FORMAT,
                "version": FORMAT_VERSION,
                "manifest": self.manifest,
                "published_at": self.published_at.isoformat(),
                "withdrawn": [str(uuid) for uuid in self.withdrawn],
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read `current.json`; raises ArtifactError as `Manifest.from_json`."""
        document = decode_json(data, POINTER_NAME)
        check_format(document, POINTER_FORMAT)
        with reading("a pointer with manifest, published_at and withdrawn, got one"):
            return cls(
                check_name(document["manifest"]),
                datetime.fromisoformat(document["published_at"]),
                tuple(UUID(uuid) for uuid in document["withdrawn"]),
            )


def _read_cluster(document: dict[str, Any]) -> ClusterEntry:
    labels = tuple(read_known(TellingLabel, label) for label in document["labels"])
    return read_known(ClusterEntry, {**document, "labels": labels})


def _read_nodes(documents: list[dict[str, Any]], n_points: int) -> tuple[Node, ...]:
    nodes: list[Node] = []
    first = 0
    for place, document in enumerate(documents):
        node = read_known(Node, document)
        for name in node.extra.values():
            check_name(name)
        if node.first != first or not ROOT <= node.parent < place:
            raise ArtifactError(
                f"Expected node {place} to begin at point {first} below an earlier one, got one from {node.first} below {node.parent}."
            )
        first += node.n
        nodes.append(node)
    if first != n_points:
        raise ArtifactError(f"Expected nodes of {n_points} points together, got {first}.")
    return tuple(nodes)
