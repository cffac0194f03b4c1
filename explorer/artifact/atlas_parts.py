"""Write the atlases of both sizes: each picture is read and decoded once, and only where an atlas with it is not there yet."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.artifact.atlas import (
    TILE_SIZES,
    WEBP_METHOD,
    WEBP_QUALITY,
    Canvas,
    atlas_height,
    paint_tiles,
    shrink_picture,
    tiles_per_atlas,
)
from explorer.artifact.format import FORMAT_VERSION, OnProgress
from explorer.artifact.inputs import Images, ReadSmall
from explorer.artifact.numbering import NOBODY, Numbering
from explorer.artifact.points import quantise_aspect
from explorer.artifact.store import Store
from explorer.artifact.tables import Atlas, Level, Tables

FINE, COARSE = 64, 16
MAX_THREADS = 8  # decoding and encoding leave Python's lock; more threads would only hold more atlases in memory


@dataclass(frozen=True)
class _Packed:
    """A fine atlas (empty if it is there already), its tiles in the coarse size by slot, and how many could not be read."""

    data: bytes
    coarse: list[tuple[int, Image.Image]]
    n_unreadable: int


class AtlasWriter:
    """Packs atlas after atlas; besides the arrays, one coarse atlas and a fine one a thread are in memory."""

    def __init__(
        self, images: Images, numbering: Numbering, read_small: ReadSmall, store: Store, on_progress: OnProgress
    ) -> None:
        """`on_progress` is told of "tiles"."""
        self._images = images
        self._numbering = numbering
        self._read_small = read_small
        self._store = store
        self._on_progress = on_progress
        self._aspects = quantise_aspect(images.aspects)
        self.n_unreadable = 0

    def write(self, before: Tables | None) -> tuple[Level, ...]:
        """Write what is missing of both levels. `before`: the tables of the publication that is added to."""
        kept = {level.tile_size: level.atlases for level in before.levels} if before else {}
        fine = self._numbering.cut(tiles_per_atlas(FINE), kept.get(FINE, ()))
        atlases: dict[int, list[Atlas]] = {size: [] for size in TILE_SIZES}
        pool = ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1))
        try:
            for first, n in self._numbering.cut(tiles_per_atlas(COARSE), kept.get(COARSE, ())):
                parts = [(a, m) for a, m in fine if first <= a < first + n]
                names = self._write_group(first, n, parts, pool)
                atlases[COARSE].append(Atlas(names[0], first, n, atlas_height(n, COARSE)))
                atlases[FINE] += [
                    Atlas(name, a, m, atlas_height(m, FINE)) for name, (a, m) in zip(names[1:], parts, strict=True)
                ]
                self._on_progress("tiles", first + n, self._numbering.n_tiles)
        finally:
            pool.shutdown(cancel_futures=True)
        return tuple(Level(size, tuple(atlases[size])) for size in TILE_SIZES)

    def _write_group(self, first: int, n: int, parts: list[tuple[int, int]], pool: ThreadPoolExecutor) -> list[str]:
        """Return the names of a coarse atlas and of the fine ones of the same tiles."""
        key, keys = self._key(COARSE, first, n), [self._key(FINE, a, m) for a, m in parts]
        name, names = self._store.recall(key), [self._store.recall(k) for k in keys]
        if name is not None and all(names):
            return [name, *(found for found in names if found)]
        coarse = Canvas(n, COARSE)
        n_unreadable = 0
        missing = [place for place, found in enumerate(names) if name is None or found is None]
        packing = pool.map(lambda place: self._pack(*parts[place], is_needed=names[place] is None), missing)
        for place, packed in zip(missing, packing, strict=True):
            for slot, tile in packed.coarse:
                coarse.paste(parts[place][0] - first + slot, tile)
            if names[place] is None:
                names[place] = self._add(keys[place], packed.data, packed.n_unreadable)
            n_unreadable += packed.n_unreadable
            self._on_progress("tiles", sum(parts[place]), self._numbering.n_tiles)
        if name is None:
            name = self._add(key, coarse.encode(), n_unreadable)
        self.n_unreadable += n_unreadable
        return [name, *(found for found in names if found)]

    def _pack(self, first: int, n: int, *, is_needed: bool) -> _Packed:
        """Read and shrink the pictures of a fine atlas, and make it if it is needed."""
        canvas = Canvas(n, FINE)
        coarse = []
        n_unreadable = 0
        for slot, image in enumerate(self._numbering.image_of_tile[first : first + n].tolist()):
            if image == NOBODY:
                continue
            aspect = int(self._aspects[image])
            tiles = shrink_picture(self._read_small(image), aspect)
            if tiles is None:
                n_unreadable += 1
                red, green, blue = self._images.colours[image].tolist()
                tiles = paint_tiles((red, green, blue), aspect)
            coarse.append((slot, tiles[0]))
            canvas.paste(slot, tiles[1])
        return _Packed(canvas.encode() if is_needed else b"", coarse, n_unreadable)

    def _add(self, key: str, data: bytes, n_unreadable: int) -> str:
        """Write an atlas and remember it, unless a picture was missing: it may be there the next time."""
        name = self._store.add(data, ".webp")
        if not n_unreadable:
            self._store.remember(key, name)
        return name

    def _key(self, tile_size: int, first: int, n: int) -> str:
        """Return the hash of all that an atlas is made from."""
        digest = sha256(f"atlas {FORMAT_VERSION} {tile_size} {WEBP_QUALITY} {WEBP_METHOD}".encode())
        images: NDArray[np.int64] = self._numbering.image_of_tile[first : first + n]
        for image in images.tolist():
            picture = b"" if image == NOBODY else self._images.picture_keys[image]
            aspect = 0 if image == NOBODY else int(self._aspects[image])
            digest.update(len(picture).to_bytes(2, "big") + bytes((aspect,)) + picture)
        return digest.hexdigest()
