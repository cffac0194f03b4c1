"""Read a published galaxy back: for tests, for tools, and as the format's second witness."""

from functools import cached_property
from io import BytesIO
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.artifact.atlas import slot_corner
from explorer.artifact.details import decode_shard
from explorer.artifact.format import POINTER_NAME, TILE_SIZE, ArtifactError, Manifest, Pointer, check_name, decode_json
from explorer.artifact.points import Points, decode_ids, decode_points, restore_positions


class Source(Protocol):
    """Where files come from; names are relative to the galaxy's own prefix."""

    def get(self, name: str) -> bytes: ...


class ArtifactReader:
    """One published galaxy. Each file is read when first asked for; what does not fit raises ArtifactError."""

    def __init__(self, source: Source, manifest_name: str | None = None) -> None:
        """`manifest_name` opens an earlier publication; by default the pointer says which is current."""
        self._source = source
        self._manifest_name = manifest_name
        self._atlas: tuple[int, Image.Image] | None = None

    @cached_property
    def pointer(self) -> Pointer:
        return Pointer.decode(self._source.get(POINTER_NAME))

    @cached_property
    def manifest(self) -> Manifest:
        name = check_name(self._manifest_name or self.pointer.manifest)
        return Manifest.from_json(decode_json(self._source.get(name), name))

    @cached_property
    def points(self) -> Points:
        points = decode_points(self._source.get(self.manifest.points.url), self.manifest.points.columns)
        if len(points) != self.manifest.n_images:
            raise ArtifactError(f"Expected {self.manifest.n_images} points, got {len(points)}.")
        return points

    @cached_property
    def positions(self) -> NDArray[np.float32]:
        """float32 (n, 3), in point order, to within half a 65,535th of the extent."""
        return restore_positions(self.points.position, self.manifest.bounds)

    @cached_property
    def ids(self) -> list[UUID]:
        """The image of each point."""
        ids = decode_ids(self._source.get(self.manifest.ids_url))
        if len(ids) != self.manifest.n_images:
            raise ArtifactError(f"Expected {self.manifest.n_images} ids, got {len(ids)}.")
        return ids

    def shard(self, number: int) -> list[dict[str, Any]]:
        """Return the details of one shard's images."""
        name = self.manifest.details.shards[number]
        return decode_shard(self._source.get(name), name)

    def details(self, point: int) -> dict[str, Any]:
        """Return the details of one point's image."""
        number, place = divmod(point, self.manifest.details.shard_size)
        return self.shard(number)[place]

    def tile(self, point: int) -> Image.Image:
        """Return one point's tile, RGBA, 64 x 64; the atlas is kept for the next call."""
        reference = int(self.points.tile[point])
        number, slot = reference >> 16, reference & 0xFFFF
        if self._atlas is None or self._atlas[0] != number:
            with Image.open(BytesIO(self._source.get(self.manifest.atlases[number].url))) as picture:
                self._atlas = (number, picture.convert("RGBA"))
        left, upper = slot_corner(slot)
        return self._atlas[1].crop((left, upper, left + TILE_SIZE, upper + TILE_SIZE))
