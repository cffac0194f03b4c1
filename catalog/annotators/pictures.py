"""JPEG bytes to the arrays that the models take."""

from __future__ import annotations

import io
import warnings
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalog.annotators.graph import INPUT_SIZE_PX

CROP_FRACTION: Final = INPUT_SIZE_PX / 292  # of the short side: what the network was evaluated with
COLOUR_SAMPLE_PX: Final = 64


class UnreadablePictureError(Exception):
    """The bytes are no picture that can be decoded whole."""


def decode_picture(data: bytes) -> Image.Image:
    """Decode a picture to 8-bit RGB.

    Raises
    ------
    UnreadablePictureError
        The bytes are empty, no picture, cut short, or larger than Pillow's limit against bombs.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(data)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadablePictureError(
            f"Expected a whole picture, but its {len(data)} bytes could not be decoded ({error}). Import the picture again."
        ) from error


def to_model_input(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """Cut the middle of the short side out and scale it.

    Returns
    -------
    ndarray, uint8, shape (260, 260, 3)
        RGB.
    """
    width, height = picture.size
    side = min(width, height) * CROP_FRACTION
    box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
    size = (INPUT_SIZE_PX, INPUT_SIZE_PX)
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box), dtype=np.uint8)


def to_colour_sample(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """Scale the whole picture down to a small square; shares of the area stay what they are.

    Returns
    -------
    ndarray, uint8, shape (64, 64, 3)
        RGB.
    """
    # A box filter averages what it covers; sharper ones would invent colours beside edges.
    size = (COLOUR_SAMPLE_PX, COLOUR_SAMPLE_PX)
    return np.asarray(picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0), dtype=np.uint8)
