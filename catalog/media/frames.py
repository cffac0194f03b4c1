"""How many frames or pages a picture file has, counted without decoding them."""

from __future__ import annotations

from contextlib import suppress

from PIL import ImageFile

MAX_FRAMES = 10_000
"""Counting stops here: a hostile file can hold tens of millions of empty frames."""

_MAX_GIF_BLOCKS = 5_000_000  # a second or so of walking; an honest 100 MB animation has some 400,000

_EXTENSION, _FRAME = 0x21, 0x2C


def count_frames(image: ImageFile.ImageFile, data: bytes) -> int:
    """Count the frames of an image opened from `data`: at least 1, at most `MAX_FRAMES`.

    A TIFF is left standing at its last page. A file that is damaged further on counts up to there.
    """
    if image.format == "MPO":  # the further pictures in a phone's JPEG are previews and depth maps
        return 1
    if image.format == "GIF":
        return max(1, _count_gif_frames(data))
    if image.format == "TIFF":
        return _count_pages(image)
    return min(max(1, int(getattr(image, "n_frames", 1))), MAX_FRAMES)


def _count_pages(image: ImageFile.ImageFile) -> int:
    pages = 1
    with suppress(Exception):  # the end, or a damaged directory, about which Pillow raises nearly anything
        while pages < MAX_FRAMES:
            image.seek(pages)
            pages += 1
    return pages


def _count_gif_frames(data: bytes) -> int:
    """Walk the blocks of a GIF (Graphics Interchange Format 89a, section 13 onward) and count image descriptors."""
    frames = 0
    with suppress(IndexError):  # cut off: what came before it counts
        position = 13 + _colour_table_size(data[10])
        inside = False  # a row of sub-blocks, each its length and that many bytes, ended by a length of 0
        for _ in range(_MAX_GIF_BLOCKS):
            mark = data[position]
            if inside:
                position += mark + 1
                inside = mark != 0
            elif mark == _FRAME and frames < MAX_FRAMES:
                frames += 1
                position += 11 + _colour_table_size(data[position + 9])
                inside = True
            elif mark == _EXTENSION:
                position += 2
                inside = True
            else:
                break
    return frames


def _colour_table_size(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
