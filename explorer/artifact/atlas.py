"""Atlases: a thousand small pictures in one, laid out so that a point's number says where its picture is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from explorer.artifact.format import ATLAS_SIZE, TILE_SIZE, TILES_PER_ATLAS, TILES_PER_ROW, OnProgress
from explorer.artifact.points import restore_aspect

WEBP_QUALITY = 80  # 0.9 MB an atlas of photos; 90 costs 43 % more
WEBP_METHOD = 4  # 6 saves another 3 % and makes packing take 2.4 times as long

ReadSmall = Callable[[int], bytes | None]
"""Given an image's place in the input, return its small rendition, or None if there is none."""


@dataclass(frozen=True)
class PackedAtlas:
    data: bytes
    width: int
    height: int
    n_tiles: int
    n_unreadable: int


def slot_corner(slot: int) -> tuple[int, int]:
    """Return the left and upper edge of a slot in its atlas, in pixels."""
    row, column = divmod(slot, TILES_PER_ROW)
    return column * TILE_SIZE, row * TILE_SIZE


def fit_tile(aspect: int) -> tuple[int, int]:
    """Return width and height of the picture in its tile, in pixels, from the quantised aspect.

    The longer side fills the tile. Both are even, so that the picture lies exactly in the tile's middle and a reader finds it
    from the aspect alone.
    """
    ratio = float(restore_aspect(aspect))
    half = TILE_SIZE // 2
    width, height = half * min(1.0, ratio), half * min(1.0, 1 / ratio)
    return 2 * max(1, int(width + 0.5)), 2 * max(1, int(height + 0.5))


def pack_atlases(
    order: Sequence[int] | NDArray[np.int64],
    aspects: NDArray[np.uint8],
    colours: NDArray[np.uint8],
    read_small: ReadSmall,
    on_progress: OnProgress,
) -> Iterator[PackedAtlas]:
    """Pack pictures into atlases, one after another; only one atlas is ever in memory.

    Parameters
    ----------
    order: images' places in the input, in point order.
    aspects: uint8 (n,), quantised, in point order.
    colours: uint8 (n, 3), mean colours in point order: what a picture that cannot be read becomes.
    read_small: see `ReadSmall`.
    on_progress: told of "tiles".
    """
    n = len(order)
    for start in range(0, n, TILES_PER_ATLAS):
        stop = min(start + TILES_PER_ATLAS, n)
        n_rows = -(-(stop - start) // TILES_PER_ROW)
        canvas = Image.new("RGBA", (ATLAS_SIZE, n_rows * TILE_SIZE))
        n_unreadable = 0
        for point in range(start, stop):
            size = fit_tile(int(aspects[point]))
            tile = _shrink(read_small(int(order[point])), size)
            if tile is None:
                n_unreadable += 1
                red, green, blue = colours[point].tolist()
                tile = Image.new("RGB", size, (red, green, blue))
            left, upper = slot_corner(point - start)
            canvas.paste(tile, (left + (TILE_SIZE - size[0]) // 2, upper + (TILE_SIZE - size[1]) // 2))
            if (point + 1) % 64 == 0 or point + 1 == n:
                on_progress("tiles", point + 1, n)
        # `exact` keeps the padding black: a mipmap mixes it into the picture's edge.
        out = BytesIO()
        canvas.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD, exact=True)
        yield PackedAtlas(out.getvalue(), canvas.width, canvas.height, stop - start, n_unreadable)


def _shrink(data: bytes | None, size: tuple[int, int]) -> Image.Image | None:
    """Return the picture at this size, or None where the bytes are no picture: one bad file must not stop a galaxy."""
    if not data:
        return None
    try:
        with Image.open(BytesIO(data)) as picture:
            # JPEG decodes at a half, quarter or eighth for a fraction of the time; twice the size leaves enough to resample.
            picture.draft("RGB", (2 * size[0], 2 * size[1]))
            return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
