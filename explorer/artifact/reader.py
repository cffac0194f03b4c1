"""Read a published galaxy back: to add to it, to withdraw from it, for tests, and as the format's second witness."""

from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.artifact.atlas import decode_atlas, slot_corner
from explorer.artifact.chunks import COLUMNS, Points, decode_chunk, decode_extra, join_chunks
from explorer.artifact.codes import decode_codes
from explorer.artifact.details import decode_details
from explorer.artifact.format import POINTER_NAME, ArtifactError, check_name, decode_json
from explorer.artifact.manifest import Manifest, Pointer
from explorer.artifact.neighbours import N_NEIGHBOURS, NONE, decode_neighbours, decode_patch
from explorer.artifact.places import NO_POINT, Ids, decode_lookup, decode_places, ids_of, lookup_number, uuids_of
from explorer.artifact.points import restore_positions
from explorer.artifact.tables import Part, Tables

P = TypeVar("P", bound=Part)


class Source(Protocol):
    """Where files come from; names are relative to the galaxy's own prefix."""

    def get(self, name: str) -> bytes: ...


class ArtifactReader:
    """One published galaxy. Each file is read when first asked for; what does not fit raises ArtifactError."""

    def __init__(self, source: Source, manifest_name: str | None = None) -> None:
        """`manifest_name` opens an earlier publication; by default the pointer says which is current."""
        self._source = source
        self._manifest_name = manifest_name
        self._atlas = lru_cache(maxsize=4)(lambda url: decode_atlas(source.get(url)))
        self._details = lru_cache(maxsize=4)(lambda url: decode_details(source.get(url), url))

    def get(self, name: str) -> bytes:
        """Return a file as it is."""
        return self._source.get(check_name(name))

    @cached_property
    def pointer(self) -> Pointer:
        return Pointer.decode(self._source.get(POINTER_NAME))

    @property
    def manifest_name(self) -> str:
        return check_name(self._manifest_name or self.pointer.manifest)

    @cached_property
    def manifest(self) -> Manifest:
        manifest = Manifest.from_json(decode_json(self._source.get(self.manifest_name), self.manifest_name))
        if manifest.columns[: len(COLUMNS)] != COLUMNS:
            raise ArtifactError(f"Expected the columns {COLUMNS}, got {manifest.columns}.")
        return manifest

    @cached_property
    def tables(self) -> Tables:
        return Tables.decode(self.get(self.manifest.tables), self.manifest.tables)

    def object_names(self) -> list[str]:
        """Return the name of every file of the publication, the manifest's own too."""
        return [self.manifest_name, *self.manifest.object_names(), *self.tables.object_names()]

    def chunk(self, node: int) -> Points:
        """Return the points of one node."""
        entry = self.manifest.nodes[node]
        points = decode_chunk(self.get(entry.url))
        if len(points) != entry.n:
            raise ArtifactError(f"Expected {entry.n} points in {entry.url}, got {len(points)}.")
        return points

    @cached_property
    def points(self) -> Points:
        """All points, in point order."""
        return join_chunks([self.chunk(node) for node in range(len(self.manifest.nodes))])

    @cached_property
    def positions(self) -> NDArray[np.float32]:
        """float32 (n, 3), in point order, to within half a 65,535th of the extent."""
        return restore_positions(self.points.position, self.manifest.bounds)

    def column(self, name: str) -> NDArray[Any]:
        """Return a further column of all points, `flat` (uint16 (n, 2)) or `time` (int32 (n,))."""
        return np.concatenate([decode_extra(name, self.get(node.extra[name])) for node in self.manifest.nodes])

    @cached_property
    def ids(self) -> Ids:
        """uint8 (n_tiles, 16), the image of each tile; zeros for tombstones."""
        ids = np.zeros((self.tables.n_tiles, 16), dtype=np.uint8)
        for part in self.tables.places:
            ids[part.first : part.first + part.n] = decode_places(self.get(part.url))[0]
        return ids

    @cached_property
    def uuids(self) -> list[UUID]:
        """The image of each point; UUID(int=0) for tombstones."""
        return uuids_of(self.ids[self.points.tile])

    def place(self, tile: int) -> tuple[UUID, int] | None:
        """Return the image and the point of a tile; None for a tombstone."""
        part = find_part(self.tables.places, tile)
        if part is None:
            return None
        ids, points = decode_places(self.get(part.url))
        row = tile - part.first
        return None if points[row] == NO_POINT else (UUID(bytes=ids[row].tobytes()), int(points[row]))

    def find(self, uuid: UUID) -> int | None:
        """Return the tile of an image, None if the galaxy does not show it."""
        lookup = self.tables.lookup
        names = [lookup.urls[lookup_number(uuid.bytes[15], lookup.bits)]] if lookup.urls else []
        wanted = ids_of([uuid])
        for name in [*names, *([lookup.delta.url] if lookup.delta else [])]:
            ids, tiles = decode_lookup(self.get(name))
            rows = np.flatnonzero((ids == wanted).all(axis=1))
            if len(rows):
                return int(tiles[rows[0]])
        return None

    def held(self, uuids: Collection[UUID]) -> set[UUID]:
        """Return which of some images the galaxy shows; each file of the lookup is read once, however many there are."""
        lookup = self.tables.lookup
        numbers = {lookup_number(uuid.bytes[15], lookup.bits) for uuid in uuids} if lookup.urls else set()
        names = [lookup.urls[number] for number in sorted(numbers)]
        if lookup.delta and uuids:
            names.append(lookup.delta.url)
        wanted, found = set(uuids), set()
        for name in names:
            found |= wanted.intersection(uuids_of(decode_lookup(self.get(name))[0]))
        return found

    def details(self, tile: int) -> dict[str, Any] | None:
        """Return the details of a tile's image; None for a tombstone."""
        part = find_part(self.tables.details, tile)
        return None if part is None else self.details_part(part)[tile - part.first]

    def details_part(self, part: Part) -> list[dict[str, Any] | None]:
        """Return the details of a part's images."""
        return self._details(part.url)

    @cached_property
    def neighbours(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """(n_tiles, 12), each tile's neighbours as tiles, nearest first, -1 for none, and their cosines to within 1/255."""
        tiles = np.full((self.tables.n_tiles, N_NEIGHBOURS), NONE, dtype=np.int32)
        cosines = np.zeros(tiles.shape, dtype=np.float32)
        for part in self.tables.neighbours:
            rows = slice(part.first, part.first + part.n)
            tiles[rows], cosines[rows] = decode_neighbours(self.get(part.url))
        for name in reversed(self.tables.neighbour_patches):
            changed, lists, similarity = decode_patch(self.get(name))
            tiles[changed], cosines[changed] = lists, similarity
        return tiles, cosines

    @cached_property
    def codes(self) -> NDArray[np.int8]:
        """int8 (n_tiles, n_features), zeros where nothing is known."""
        codes = np.zeros((self.tables.n_tiles, self.tables.codes.n_features), dtype=np.int8)
        for part in self.tables.codes.parts:
            codes[part.first : part.first + part.n] = decode_codes(self.get(part.url))
        return codes

    def picture(self, tile: int, tile_size: int = 64) -> Image.Image | None:
        """Return a tile's picture, RGB, 16 or 64 pixels square; None if it is in no atlas."""
        level = next(level for level in self.tables.levels if level.tile_size == tile_size)
        part = find_part(level.atlases, tile)
        if part is None:
            return None
        left, upper = slot_corner(tile - part.first, tile_size)
        return self._atlas(part.url).crop((left, upper, left + tile_size, upper + tile_size))


def find_part(parts: Sequence[P], tile: int) -> P | None:
    """Return the part that a tile is in."""
    return next((part for part in parts if part.first <= tile < part.first + part.n), None)
