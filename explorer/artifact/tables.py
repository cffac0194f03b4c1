"""The tables of a publication: which file holds which tiles. Loaded right after the first points."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Self, TypeVar

from explorer.artifact.binary import compress, decompress
from explorer.artifact.format import (
    FORMAT_VERSION,
    ArtifactError,
    check_name,
    check_version,
    decode_json,
    encode_json,
    read_known,
    reading,
)
from explorer.artifact.search_index import Segment


@dataclass(frozen=True)
class Part:
    """A file with the rows of tiles `first` to `first + n - 1`."""

    url: str
    first: int
    n: int


P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Atlas(Part):
    """A part that is a picture; its height follows from `n`, and is told so that a reader can make room before it comes."""

    height: int


@dataclass(frozen=True)
class Level:
    """All tiles in one size."""

    tile_size: int
    atlases: tuple[Atlas, ...]


@dataclass(frozen=True)
class Codes:
    """int8 vectors for "more like this"."""

    n_features: int
    recall_at_50: float | None
    """Share of the exact 50 nearest that are among the 50 best by code; None if not measured."""
    coder: str | None
    """Name of the file with which further images are coded alike."""
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Lookup:
    """From a uuid to its tile."""

    bits: int
    urls: tuple[str, ...]
    delta: Part | None
    """Images that came later: tiles from `first` on. Asked when the others do not know a uuid."""


@dataclass(frozen=True)
class Tables:
    """Parts of each kind are sorted by `first` and do not overlap."""

    n_tiles: int
    levels: tuple[Level, ...]
    places: tuple[Part, ...]
    details: tuple[Part, ...]
    neighbours: tuple[Part, ...]
    neighbour_patches: tuple[str, ...]
    """The later before the earlier."""
    codes: Codes
    lookup: Lookup
    search: tuple[Segment, ...]

    def encode(self) -> bytes:
        """Return the file."""
        document = asdict(self) | {"search": {"segments": [segment.to_json() for segment in self.search]}}
        return compress(encode_json({"version": FORMAT_VERSION, **document}))

    @classmethod
    def decode(cls, data: bytes, name: str) -> Self:
        """Read what `encode` wrote. Raises ArtifactError: another version, or something missing or wrong."""
        document = decode_json(decompress(data), name)
        check_version(document, "tables of")
        with reading(f"whole tables of version {FORMAT_VERSION}, got some"):
            codes, lookup = document["codes"], document["lookup"]
            recall = codes["recall_at_50"]
            return cls(
                n_tiles=int(document["n_tiles"]),
                levels=tuple(
                    Level(int(level["tile_size"]), _read_parts(Atlas, level["atlases"])) for level in document["levels"]
                ),
                places=_read_parts(Part, document["places"]),
                details=_read_parts(Part, document["details"]),
                neighbours=_read_parts(Part, document["neighbours"]),
                neighbour_patches=tuple(map(check_name, document["neighbour_patches"])),
                codes=Codes(
                    int(codes["n_features"]),
                    None if recall is None else float(recall),
                    None if codes["coder"] is None else check_name(codes["coder"]),
                    _read_parts(Part, codes["parts"]),
                ),
                lookup=Lookup(
                    int(lookup["bits"]),
                    tuple(map(check_name, lookup["urls"])),
                    None if lookup["delta"] is None else read_known(Part, lookup["delta"]),
                ),
                search=tuple(map(Segment.from_json, document["search"]["segments"])),
            )

    def object_names(self) -> list[str]:
        """Return the name of every file that the tables name."""
        parts: list[Part] = [atlas for level in self.levels for atlas in level.atlases]
        parts += [*self.places, *self.details, *self.neighbours, *self.codes.parts]
        parts += [self.lookup.delta] if self.lookup.delta else []
        names = [part.url for part in parts]
        names += [*self.neighbour_patches, *self.lookup.urls, *([self.codes.coder] if self.codes.coder else [])]
        return names + [name for segment in self.search for name in segment.object_names()]


def _read_parts(kind: type[P], documents: Iterable[dict[str, Any]]) -> tuple[P, ...]:
    parts = tuple(read_known(kind, document) for document in documents)
    for before, after in pairwise(parts):
        if after.first < before.first + before.n:
            raise ArtifactError(f"Expected parts that do not overlap, got {before} and {after}.")
    return parts
