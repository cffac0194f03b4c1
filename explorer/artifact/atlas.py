"""Atlases: many small pictures in one, in two sizes, laid out so that a tile's number says where its picture is."""

from collections.abc import Iterable
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from explorer.artifact.points import restore_aspect

ATLAS_SIZE = (
    1024  # 24 files and 6 MB must show 2,000 pictures in view: of 2048 pixels, each file brings many that are not
)
TILE_SIZES = (16, 64)
WEBP_QUALITY = 80  # 90 costs 43 % more bytes
WEBP_METHOD = 4  # 6 saves another 3 % and makes packing take 2.4 times as long


def tiles_per_atlas(tile_size: int) -> int:
    """Return how many tiles of a size a whole atlas has."""
    return (ATLAS_SIZE // tile_size) ** 2


def atlas_height(n: int, tile_size: int) -> int:
    """Return the height in pixels of an atlas with n tiles."""
    return -(-n // (ATLAS_SIZE // tile_size)) * tile_size


def slot_corner(slot: int, tile_size: int) -> tuple[int, int]:
    """Return the left and upper edge of a slot in its atlas, in pixels."""
    row, column = divmod(slot, ATLAS_SIZE // tile_size)
    return column * tile_size, row * tile_size


def fit_tile(aspect: int, tile_size: int) -> tuple[int, int]:
    """Return width and height of the picture in its tile, in pixels, from the quantised aspect.

    The longer side fills the tile. Both are even, so that the picture lies exactly in the tile's middle and a reader finds it
    from the aspect alone.
    """
    ratio = float(restore_aspect(aspect))
    half = tile_size // 2
    width, height = half * min(1.0, ratio), half * min(1.0, 1 / ratio)
    return 2 * max(1, int(width + 0.5)), 2 * max(1, int(height + 0.5))


def shrink_picture(data: bytes | None, aspect: int) -> tuple[Image.Image, ...] | None:
    """Return a picture at each of `TILE_SIZES` from one decoding, or None where the bytes are no picture: one bad file stops no galaxy.

    Parameters
    ----------
    data: a picture's file.
    aspect: quantised; the picture is squeezed to it.
    """
    if not data:
        return None
    sizes = [fit_tile(aspect, tile_size) for tile_size in TILE_SIZES]
    try:
        with Image.open(BytesIO(data)) as picture:
            # JPEG decodes at a half, quarter or eighth for a fraction of the time; twice the size leaves enough to resample.
            picture.draft("RGB", (2 * sizes[-1][0], 2 * sizes[-1][1]))
            large = picture.convert("RGB").resize(sizes[-1], Image.Resampling.LANCZOS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return (*(large.resize(size, Image.Resampling.LANCZOS) for size in sizes[:-1]), large)


def paint_tiles(colour: tuple[int, int, int], aspect: int) -> tuple[Image.Image, ...]:
    """Return plain tiles of each of `TILE_SIZES`: what a picture that cannot be read becomes."""
    return tuple(Image.new("RGB", fit_tile(aspect, tile_size), colour) for tile_size in TILE_SIZES)


class Canvas:
    """An atlas that is being filled."""

    def __init__(self, n: int, tile_size: int) -> None:
        self._tile_size = tile_size
        self._picture = Image.new("RGB", (ATLAS_SIZE, atlas_height(n, tile_size)))

    def paste(self, slot: int, tile: Image.Image) -> None:
        """Lay a picture into the middle of its slot, and its mean colour around it.

        Compression and mipmaps mix what lies around a picture into its edges; its own colour is not seen there.
        """
        left, upper = slot_corner(slot, self._tile_size)
        right, lower = left + self._tile_size, upper + self._tile_size
        mean = tile.resize((1, 1), Image.Resampling.BOX)
        self._picture.paste(mean.resize((self._tile_size, self._tile_size)), (left, upper, right, lower))
        self._picture.paste(tile, ((left + right - tile.width) // 2, (upper + lower - tile.height) // 2))

    def encode(self) -> bytes:
        """Return the atlas as WebP."""
        return encode_atlas(self._picture)


def encode_atlas(picture: Image.Image) -> bytes:
    """Return an atlas as WebP."""
    out = BytesIO()
    picture.save(out, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)
    return out.getvalue()


def decode_atlas(data: bytes) -> Image.Image:
    """Return an atlas's pixels, RGB."""
    with Image.open(BytesIO(data)) as picture:
        return picture.convert("RGB")


def blacken_tiles(data: bytes, slots: Iterable[int], tile_size: int) -> bytes:
    """Return an atlas in which some tiles are black; the others suffer a second compression, which is not seen."""
    picture = decode_atlas(data)
    for slot in slots:
        left, upper = slot_corner(slot, tile_size)
        picture.paste((0, 0, 0), (left, upper, left + tile_size, upper + tile_size))
    return encode_atlas(picture)
