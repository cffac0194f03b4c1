"""Small pictures made in memory, for the tests of this package."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from catalog.media import VerifiedPicture

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)


def encode(image: Image.Image, picture_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, picture_format, **options)
    return out.getvalue()


def plain(size: tuple[int, int] = (40, 30), colour: Any = RED, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def photo_like(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Smooth colour with some noise: compresses like a photograph and fills more than one block."""
    width, height = size
    noise = np.random.default_rng(seed).integers(-20, 20, (height, width, 3))
    ramp = np.linspace(30, 220, width)[None, :, None] + np.zeros((height, 1, 3))
    return Image.fromarray((ramp + noise).clip(0, 255).astype(np.uint8))


def left_and_right(size: tuple[int, int], left: Any, right: Any, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, size, right)
    image.paste(left, (0, 0, size[0] // 2, size[1]))
    return image


def rendition(picture: VerifiedPicture, kind: str = "small") -> Image.Image:
    """One rendition, decoded, after checking that it is what it says."""
    made = next(one for one in picture.renditions if one.kind == kind)
    image = Image.open(io.BytesIO(made.data))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (made.width, made.height))
    return image


def colour_at(image: Image.Image, x: float, y: float) -> tuple[int, int, int]:
    """Colour at a place given as shares of width and height."""
    pixel: Any = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    return pixel


def near(colour: tuple[int, int, int], wanted: tuple[int, int, int], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(colour, wanted, strict=True))
