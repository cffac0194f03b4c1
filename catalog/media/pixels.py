"""From whatever a decoder delivers to upright 8-bit sRGB: sample depths, palettes, transparency, profiles, sizes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

SMALL_SHORT_SIDE_PX = 320
VIEW_LONG_SIDE_PX = 2048
JPEG_QUALITY = 85

_PHOTOMETRIC_TAG = 262
_BITS_PER_SAMPLE_TAG = 258
_MIN_IS_WHITE = 0
_ROWS_PER_BLOCK = 256  # deep samples are converted in blocks, so that 300 megapixels need no second full-size array

_PROFILE_SPACE_OF_MODE = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_TURN_OF_ORIENTATION = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SWAPPING_ORIENTATIONS = frozenset({5, 6, 7, 8})


def view_size(width: int, height: int) -> tuple[int, int]:
    """Size of the view: long side at most 2,048, same shape, never larger than the picture, at least one pixel."""
    return _scaled(width, height, VIEW_LONG_SIDE_PX / max(width, height))


def small_size(width: int, height: int) -> tuple[int, int]:
    """Size of the small rendition: short side at most 320, same shape, never larger than the view it is made from.

    A very long panorama, whose view is less than 320 high, keeps the view's size.
    """
    factor = min(SMALL_SHORT_SIDE_PX / min(width, height), VIEW_LONG_SIDE_PX / max(width, height))
    return _scaled(width, height, factor)


def _scaled(width: int, height: int, factor: float) -> tuple[int, int]:
    if factor >= 1:
        return width, height
    return max(1, round(width * factor)), max(1, round(height * factor))


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Bring a decoded image to mode L, RGB, RGBA or CMYK with 8 bits a channel, its colours otherwise untouched.

    Sixteen-bit grey keeps its scale (65,535 is white, as is 4,095 where the file says that it has 12 bits). Samples of
    32 bits have no agreed white: floats within 0..1 are taken at that scale, everything else is stretched from its
    smallest to its largest finite value.
    """
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _grey_from_deep_samples(image)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _grey_from_deep_samples(image: Image.Image) -> Image.Image:
    tags: Any = getattr(image, "tag_v2", {}) if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    samples = np.asarray(image)
    if image.mode in ("I", "F"):
        grey = _stretch(samples)
    else:
        white = 2 ** min(tags.get(_BITS_PER_SAMPLE_TAG, (16,))[0], 16) - 1
        grey_of_sample = np.clip(np.rint(np.arange(2**16) * (255 / white)), 0, 255).astype(np.uint8)
        grey = grey_of_sample[samples]
    if tags.get(_PHOTOMETRIC_TAG) == _MIN_IS_WHITE:  # Pillow inverts these for 1 to 8 bits only
        grey = 255 - grey
    return Image.fromarray(grey)


def _stretch(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Samples of 32 bits, shape (height, width), as uint8 from black to white; what is not a number is black."""
    low, high = _range_of_samples(samples)
    grey = np.empty(samples.shape, dtype=np.uint8)
    for start in range(0, len(samples), _ROWS_PER_BLOCK):
        block = samples[start : start + _ROWS_PER_BLOCK].astype(np.float64)
        block = np.nan_to_num(block, nan=low, posinf=high, neginf=low)
        grey[start : start + _ROWS_PER_BLOCK] = np.clip(np.rint((block - low) * (255 / (high - low))), 0, 255)
    return grey


def _range_of_samples(samples: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Black and white of 32-bit samples: (0, 1) for floats that lie within it, else their finite extremes."""
    low, high = np.inf, -np.inf
    for start in range(0, len(samples), _ROWS_PER_BLOCK):
        block = samples[start : start + _ROWS_PER_BLOCK]
        finite = block[np.isfinite(block)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if samples.dtype.kind == "f" and low >= 0 and high <= 1:
        return 0.0, 1.0
    if not low < high:  # all alike, or nothing finite at all
        return 0.0, max(255.0, high if np.isfinite(high) else 0.0)
    return low, high


def turn_upright(image: Image.Image, orientation: int) -> Image.Image:
    """Undo an EXIF orientation (1 to 8; anything else leaves the image as it is)."""
    turn = _TURN_OF_ORIENTATION.get(orientation)
    return image if turn is None else image.transpose(turn)


def flatten_over_white(image: Image.Image) -> Image.Image:
    """Lay an RGBA image over white; other modes come back as they are."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, (255, 255, 255))
    white.paste(image, mask=image.getchannel("A"))
    return white


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert an L, RGB or CMYK image to RGB in sRGB by its ICC profile.

    A profile that is broken, or made for another kind of image, counts as none: better slightly wrong colours than no picture.
    """
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            space = source.profile.xcolor_space.strip()
            described_as = (source.profile.profile_description or "").strip()
            if space == _PROFILE_SPACE_OF_MODE[image.mode] and not described_as.startswith("sRGB"):
                converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
                return image.convert("RGB") if converted is None else converted
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            pass
    return image if image.mode == "RGB" else image.convert("RGB")


def mean_colour(image: Image.Image) -> tuple[int, int, int]:
    """Mean of an RGB image, or of an RGBA image with each pixel weighed by its opacity (white if none is visible)."""
    # Pillow multiplies RGBA by alpha before it averages, and divides after.
    mean: Any = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    if len(mean) == 4 and mean[3] == 0:
        return 255, 255, 255
    return int(mean[0]), int(mean[1]), int(mean[2])


def encode_jpeg(image: Image.Image) -> bytes:
    """Encode an RGB image as JPEG, with nothing but its pixels."""
    image.info = {}  # Pillow would copy a comment from here into the file
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
