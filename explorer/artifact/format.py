"""What the files of a published galaxy are called and hold: the shapes that writer and reader share.

docs/adr/0001-artifact-format.md gives the reasons; `explorer/frontend/src/api` is the other reader.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

T = TypeVar("T")

# 1 (2025): first version. Raised when a reader of the old one would draw something wrong; a reader refuses what is newer than it.
FORMAT_VERSION = 1
POINTER_FORMAT = "galaxy-pointer"
MANIFEST_FORMAT = "galaxy-artifact"

POINTER_NAME = "current.json"  # the only file that is ever replaced
OBJECTS = "objects/"

POINTS_MAGIC = b"GLXP"
IDS_MAGIC = b"GLXI"
HEADER_BYTES = 16  # magic, uint16 version, uint16 0, uint32 n, uint32 0

TILE_SIZE = 64
ATLAS_SIZE = 2048  # every WebGL 2 device can hold a texture of this size
TILES_PER_ROW = ATLAS_SIZE // TILE_SIZE
TILES_PER_ATLAS = TILES_PER_ROW**2
SHARD_SIZE = 256  # some 10 KB compressed with short documents: one quick request
MAX_CLUSTERS = 256  # the cluster column is one byte

# Details are compressed JSON and still end in .bin: from a name that ends in .gz, storages and servers derive a
# Content-Encoding, some and not others, and the reader would get other bytes from each (FACTS.md).
CONTENT_TYPES = {
    ".json": "application/json",
    ".bin": "application/octet-stream",
    ".webp": "image/webp",
}

_OBJECT_NAME = re.compile(r"objects/[0-9a-f]{32}\.(?:json|bin|webp)")


class ArtifactError(ValueError):
    """An artifact cannot be written as asked, or what was read is not one."""


class OnProgress(Protocol):
    """Called now and then with the stage's name and how much of it is done; raising from it stops the work."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


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


@dataclass(frozen=True)
class Column:
    """One property of all points: `components` numbers of `dtype` (little-endian) a point, from byte `offset`."""

    name: str
    dtype: str
    components: int
    offset: int


@dataclass(frozen=True)
class PointsFile:
    url: str
    n: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Atlas:
    url: str
    width: int
    height: int
    tile_size: int
    n_tiles: int


@dataclass(frozen=True)
class Details:
    shard_size: int
    shards: tuple[str, ...]


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
    bounds: Bounds
    clusters: tuple[ClusterEntry, ...]
    points: PointsFile
    ids_url: str
    atlases: tuple[Atlas, ...]
    details: Details
    credits: tuple[Credit, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": MANIFEST_FORMAT,
            "version": FORMAT_VERSION,
            "galaxy": asdict(self.galaxy),
            "build": self.build,
            "n_images": self.n_images,
            "bounds": asdict(self.bounds),
            "clusters": [asdict(cluster) for cluster in self.clusters],
            "points": asdict(self.points),
            "ids": {"url": self.ids_url},
            "atlases": [asdict(atlas) for atlas in self.atlases],
            "details": asdict(self.details),
            "credits": [asdict(credit) for credit in self.credits],
        }

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read what `to_json` wrote; keys that a later writer of the same version added are passed over.

        Raises
        ------
        ArtifactError: another format, a newer version, or something missing.
        """
        check_format(document, MANIFEST_FORMAT)
        try:
            points = document["points"]
            columns = tuple(_known(Column, column) for column in points["columns"])
            return cls(
                galaxy=_known(GalaxyInfo, document["galaxy"]),
                build=int(document["build"]),
                n_images=int(document["n_images"]),
                bounds=_known(Bounds, document["bounds"]),
                clusters=tuple(_known(ClusterEntry, cluster) for cluster in document["clusters"]),
                points=PointsFile(check_name(points["url"]), int(points["n"]), columns),
                ids_url=check_name(document["ids"]["url"]),
                atlases=tuple(_known(Atlas, atlas) for atlas in document["atlases"]),
                details=Details(
                    int(document["details"]["shard_size"]), tuple(map(check_name, document["details"]["shards"]))
                ),
                credits=tuple(_known(Credit, credit) for credit in document["credits"]),
            )
        except ArtifactError:
            raise
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ArtifactError(
                f"Expected a whole manifest of version {FORMAT_VERSION}, got one where this is missing or wrong: {error}."
            ) from error

    def object_names(self) -> list[str]:
        """Return the name of every file that this publication needs, the manifest itself excepted."""
        return [self.points.url, self.ids_url, *(atlas.url for atlas in self.atlases), *self.details.shards]


@dataclass(frozen=True)
class Pointer:
    """Which publication is the current one."""

    manifest: str
    published_at: datetime

    def encode(self) -> bytes:
        """Return the bytes of `current.json`."""
        return encode_json(
            {
                "format": POINTER_FORMAT,
                "version": FORMAT_VERSION,
                "manifest": self.manifest,
                "published_at": self.published_at.isoformat(),
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read `current.json`; raises ArtifactError as `Manifest.from_json`."""
        document = decode_json(data, POINTER_NAME)
        check_format(document, POINTER_FORMAT)
        try:
            return cls(check_name(document["manifest"]), datetime.fromisoformat(document["published_at"]))
        except ArtifactError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"Expected a pointer with manifest and published_at, got one where this is missing or wrong: {error}."
            ) from error


def object_name(data: bytes, extension: str) -> str:
    """Return the name under which these bytes are stored: their hash, so equal content has one name and never changes."""
    return f"{OBJECTS}{hashlib.sha256(data).hexdigest()[:32]}{extension}"


def check_name(name: Any) -> str:
    """Return `name` if it is one that `object_name` makes; a manifest must not lead its reader anywhere else."""
    if not isinstance(name, str) or not _OBJECT_NAME.fullmatch(name):
        raise ArtifactError(f"Expected an object's name like objects/<32 hex digits>.bin, got {name!r}.")
    return name


def check_format(document: Any, wanted: str) -> None:
    """Raise ArtifactError unless the document says that it is of this format, in a version that we know."""
    found = document.get("format") if isinstance(document, dict) else None
    if found != wanted:
        raise ArtifactError(f"Expected a document of format {wanted!r}, got {found!r}.")
    version = document.get("version")
    if version != FORMAT_VERSION:
        raise ArtifactError(
            f"Expected {wanted} version {FORMAT_VERSION}, got {version!r}: publish again, or update Galaxy."
        )


def encode_json(document: Any) -> bytes:
    """Return JSON as UTF-8, small, the same for the same input; NaN and infinity, which browsers refuse, raise ArtifactError."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"Expected plain JSON values with finite numbers, got something else: {error}.") from error


def decode_json(data: bytes, name: str) -> Any:
    """Parse JSON; what is not JSON raises ArtifactError that names the file."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise ArtifactError(f"Expected JSON in {name}, got {data[:20]!r}...: {error}.") from error


def _known(kind: type[T], values: dict[str, Any]) -> T:
    """Build a dataclass from the keys that it knows; lists become tuples."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    known = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key in names}
    if "url" in known and kind is Atlas:
        check_name(known["url"])
    return kind(**known)
