"""Which picture formats are taken, how they are recognized, and Pillow set up to open only those.

Importing this module settles Pillow's process-wide state once; nothing changes it per call, so several threads may
verify pictures side by side:

- the plugins of our formats are registered, HEIC's among them where `pi_heif` is installed;
- `Image.MAX_IMAGE_PIXELS` becomes the ceiling under which the limit of each call lies (Pillow itself refuses above twice its value).
"""

from __future__ import annotations

import warnings
from typing import Final

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

try:
    import pi_heif
except ImportError:  # a platform without a wheel of it: the rest of Galaxy works, HEIC is refused with a reason
    HEIF_AVAILABLE = False
else:
    # Thumbnails, depth maps and auxiliary images are never shown; one decoder thread each, as pictures come in parallel.
    pi_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    HEIF_AVAILABLE = True

PLUGINS: Final = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

CEILING_MEGAPIXELS: Final = 1000.0
"""No limit may be set above this: a decoded picture of 1,000 megapixels takes 3 to 4 GB."""

Image.MAX_IMAGE_PIXELS = int(CEILING_MEGAPIXELS * 1_000_000 / 2)

OPENED_FORMATS: Final = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"] + (["HEIF"] if HEIF_AVAILABLE else [])
"""All that `Image.open` may try. Never EPS, PDF or anything else whose decoder starts a program."""

REPORTED_FORMAT: Final = {"MPO": "JPEG"}
"""Pillow calls a JPEG with more pictures behind it (many phones write them) MPO; it is a JPEG to everybody else."""

SUPPORTED_EXTENSIONS: Final = frozenset(
    f".{name}"
    for name in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif"),
        *("tif", "tiff", "bmp", "avif", "heic", "heif", "hif"),
    )
)
"""Lower case, with the dot. Only a hint for what to pick up from a folder; what a file is, its bytes say."""

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")

_FOREIGN_SIGNATURES: Final = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"FUJIFILMCCD-RAW", "a camera raw file"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"gimp xcf", "a GIMP document"),
    (b"PK\x03\x04", "a zip archive"),
)


def silence_pillow() -> None:
    """Keep Pillow's remarks about odd files (a corrupt EXIF block, say) out of the program's warnings.

    Adds one filter, for Pillow's own modules only, and adds it once: unlike `warnings.catch_warnings` it restores
    nothing, so threads cannot undo each other's filters.
    """
    first = warnings.filters[0] if warnings.filters else None
    module = getattr(first[3], "pattern", first[3]) if first else None
    if module != r"PIL\.":
        warnings.filterwarnings("ignore", module=r"PIL\.")


def recognize(data: bytes) -> str | None:
    """Name the format that these bytes begin like, or None. Used to explain why a file could not be opened."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "TIFF"
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return "BMP"
    if data[4:8] == b"ftyp" and data[8:12] in _AVIF_BRANDS:
        return "AVIF"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def recognize_foreign(data: bytes) -> str | None:
    """Say in words what these bytes are when they are a picture or document of a kind that is not taken, or None."""
    if data[4:8] == b"ftyp":
        return "a film or a picture in an unknown container"
    head = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in data[:2048].lower()):
        return "an SVG drawing"
    return next((words for signature, words in _FOREIGN_SIGNATURES if data.startswith(signature)), None)


def ends_early(data: bytes, picture_format: str) -> bool:
    """Tell whether a damaged file lacks its end: the closing mark, or bytes that its own header promises."""
    tail = data[-1024:].rstrip(b"\0")
    match picture_format:
        case "JPEG":
            return not tail.endswith(b"\xff\xd9")
        case "PNG":
            return b"IEND" not in tail
        case "GIF":
            return not tail.endswith(b";")
        case "WEBP":
            return len(data) < 12 or len(data) < int.from_bytes(data[4:8], "little") + 8
        case "BMP":
            return len(data) < int.from_bytes(data[2:6], "little")
        case "AVIF" | "HEIF":
            return _boxes_end_early(data)
    return False


def _boxes_end_early(data: bytes) -> bool:
    """Walk the top-level boxes of an ISO media file: does one reach beyond the end of the file?"""
    position = 0
    while position < len(data):
        if len(data) - position < 8:
            return True
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size == 0:  # "until the end of the file"
            return False
        if size < 8 or position + size > len(data):
            return True
        position += size
    return False
