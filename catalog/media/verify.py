"""`verify_picture`: decode once, and take from that decode everything the library wants to know about a picture."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile, UnidentifiedImageError

from catalog.media import formats, pixels
from catalog.media.metadata import read_metadata, read_orientation
from catalog.media.perceptual_hash import perceptual_hash
from catalog.media.picture import ErrorCode, PictureError, RenditionData, VerifiedPicture

DEFAULT_MAX_MEGAPIXELS = 300.0
DEFAULT_MAX_BYTES = 1024**3

_ENOUGH = 0.97
"""A reduced decode serves for the view from this share of its size on: cameras of 12 megapixels make pictures 4,000 or
4,032 wide, whose half is just short of 2,048. Filling up the last 2 % costs no sharpness (48 dB to the full way) and
makes such a picture twice as fast."""


def verify_picture(
    data: bytes, *, max_megapixels: float = DEFAULT_MAX_MEGAPIXELS, max_bytes: int = DEFAULT_MAX_BYTES
) -> VerifiedPicture:
    """Verify a picture by decoding it, and make its hash, metadata and renditions from that one decode.

    Parameters
    ----------
    data : the whole file, as it came.
    max_megapixels : largest size taken, in millions of pixels (above 0, at most 1,000), read from the header before
        anything is decoded.
    max_bytes : largest file taken, in bytes.

    Returns
    -------
    VerifiedPicture, with a "small" (short side 320) and a "view" (long side 2,048) rendition: upright, in sRGB, over
    white where transparent, without metadata, never enlarged. Of an animation or a multi-page file, the first frame.

    Raises
    ------
    PictureError
        The bytes are refused; its code says why. Nothing else is raised for any bytes.
    ValueError
        `max_megapixels` is out of range.

    Safe to call from several threads.
    """
    if not 0 < max_megapixels <= formats.CEILING_MEGAPIXELS:
        raise ValueError(f"max_megapixels must lie above 0 and not above 1000, but is {max_megapixels}.")
    if not data:
        raise PictureError(ErrorCode.EMPTY, "The file is empty (zero bytes). Copy it again from its source.")
    if len(data) > max_bytes:
        raise PictureError(
            ErrorCode.TOO_LARGE,
            f"The file has {len(data):,} bytes; at most {max_bytes:,} are taken. Reduce it, or raise the limit.",
        )
    formats.silence_pillow()
    with _open(data, max_megapixels) as image:
        return _read(image, data)


@contextmanager
def _open(data: bytes, max_megapixels: float) -> Iterator[ImageFile.ImageFile]:
    """Open the image and turn everything that goes wrong with it, then or while it is read, into a `PictureError`."""
    try:
        with Image.open(io.BytesIO(data), formats=formats.OPENED_FORMATS) as image:
            _check_size(image, max_megapixels)
            yield image
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(
            ErrorCode.TOO_MANY_PIXELS, f"The picture has more pixels than the {max_megapixels:g} megapixels taken."
        ) from error
    except UnidentifiedImageError as error:
        raise _explain_unopened(data) from error
    except Exception as error:  # on damaged bytes Pillow's decoders raise nearly anything
        raise _explain_undecoded(data, error) from error


def _check_size(image: Image.Image, max_megapixels: float) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise PictureError(ErrorCode.UNDECODABLE, f"The picture claims to be {width} x {height} pixels.")
    if width * height > max_megapixels * 1_000_000:
        raise PictureError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The picture has {width} x {height} pixels ({width * height / 1e6:,.0f} megapixels); at most "
            f"{max_megapixels:g} megapixels are taken. Reduce it, or raise the limit.",
        )


def _read(image: ImageFile.ImageFile, data: bytes) -> VerifiedPicture:
    full_size = image.size
    profile = image.info.get("icc_profile")
    if image.format in ("JPEG", "MPO"):
        # libjpeg decodes at a half, a quarter or an eighth for a fraction of the time, still reading every byte.
        width, height = pixels.view_size(*full_size)
        image.draft(None, (max(1, int(width * _ENOUGH)), max(1, int(height * _ENOUGH))))
    image.load()
    # Asked only now: Pillow turns TIFF itself while it loads, and the decoders of AVIF and HEIC have turned theirs.
    orientation = read_orientation(image)
    if image.format not in ("JPEG", "MPO"):
        full_size = image.size  # the header's was only a promise
    if orientation in pixels.SWAPPING_ORIENTATIONS:
        full_size = full_size[1], full_size[0]

    view: Image.Image = pixels.to_eight_bits(image)
    view = view.resize(_same_way(pixels.view_size(*full_size), orientation), Image.Resampling.BICUBIC)
    view = pixels.turn_upright(view, orientation)
    colour = None
    if view.mode == "RGBA":
        colour = pixels.mean_colour(view)
        view = pixels.flatten_over_white(view)
    view = pixels.to_srgb(view, profile)
    small = view.resize(pixels.small_size(*full_size), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return VerifiedPicture(
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        format=formats.REPORTED_FORMAT.get(image.format or "", image.format or ""),
        width=full_size[0],
        height=full_size[1],
        mean_colour=colour or pixels.mean_colour(small),
        perceptual_hash=perceptual_hash(small),
        metadata={
            "orientation": orientation,
            **read_metadata(image, data),
        },  # last: counting frames moves away from the first
        renditions=tuple(
            RenditionData(kind, pixels.encode_jpeg(made), made.width, made.height)
            for kind, made in (("small", small), ("view", view))
        ),
    )


def _same_way(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """An upright size as it lies before the image is turned: turning the reduced image costs least."""
    return (size[1], size[0]) if orientation in pixels.SWAPPING_ORIENTATIONS else size


def _explain_unopened(data: bytes) -> PictureError:
    """Why did no decoder want these bytes? Look at how they begin."""
    known = formats.recognize(data)
    if known == "HEIF" and not formats.HEIF_AVAILABLE:
        return PictureError(
            ErrorCode.UNSUPPORTED_FORMAT, "This is a HEIC picture, and this machine has no decoder: install pi-heif."
        )
    if known is not None:
        if formats.ends_early(data, known):
            return PictureError(
                ErrorCode.TRUNCATED, f"The file begins like {known} but is cut off. Copy it again from its source."
            )
        return PictureError(
            ErrorCode.UNDECODABLE, f"The file begins like {known}, but its header is damaged. Export it anew."
        )
    foreign = formats.recognize_foreign(data)
    taken = "JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC"
    if foreign is not None:
        return PictureError(
            ErrorCode.UNSUPPORTED_FORMAT, f"This is {foreign}; {taken} pictures are taken. Export it as one of these."
        )
    return PictureError(
        ErrorCode.NOT_A_PICTURE, f"The file holds no picture, whatever its name says; {taken} are taken."
    )


def _explain_undecoded(data: bytes, error: Exception) -> PictureError:
    """Why did the decoder give up half-way? Pillow says so for some formats; for others the file's end is looked at."""
    known = formats.recognize(data) or "a picture"
    if isinstance(error, MemoryError):
        return PictureError(ErrorCode.UNDECODABLE, "Not enough memory to decode the picture. Reduce it.")
    if "truncated" in str(error).lower() or formats.ends_early(data, known):
        return PictureError(
            ErrorCode.TRUNCATED, f"The file is cut off before its end ({known}). Copy it again from its source."
        )
    return PictureError(
        ErrorCode.UNDECODABLE, f"The file is {known} but could not be decoded ({error}). Export it anew."
    )
