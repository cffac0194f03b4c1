"""Bad bytes are refused with the right reason, quickly, and with nothing but a PictureError."""

from __future__ import annotations

import random
import struct
import zlib
from typing import Any

import pytest

from catalog.media import ErrorCode, PictureError, verify_picture
from tests.catalog.media.pictures import HEIC, encode, photo_like, plain


def refusal(data: bytes, **limits: Any) -> PictureError:
    with pytest.raises(PictureError) as caught:
        verify_picture(data, **limits)
    assert caught.value.message == str(caught.value)
    return caught.value


def test_zero_bytes():
    assert refusal(b"").code == ErrorCode.EMPTY


def test_a_text_file_called_jpg():
    error = refusal("Dear Sir or Madam,\nplease find attached…\n".encode() * 50)
    assert error.code == "not_a_picture"
    assert "holds no picture" in error.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "PostScript"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"8BPS\0\x01" + bytes(40), "Photoshop"),
        (b"\0\0\0\x18ftypisom" + bytes(40), "film"),
    ],
)
def test_other_kinds_of_files_are_named(data, words):
    error = refusal(data)
    assert error.code == "unsupported_format"
    assert words in error.message


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.02, 0.4, 0.9])
def test_cut_off_anywhere(picture_format, share):
    data = encode(photo_like((400, 300)), picture_format)
    error = refusal(data[: int(len(data) * share)])
    if picture_format == "TIFF":  # its directory may lie at either end: what is missing cannot always be told
        assert error.code in {"truncated", "undecodable"}
    else:
        assert error.code == "truncated"


@pytest.mark.parametrize("size", [(400, 300), (4200, 3200)])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg_is_noticed_at_reduced_scale_too(size, progressive):
    data = encode(photo_like(size), "JPEG", progressive=progressive)
    assert verify_picture(data).width == size[0]
    assert refusal(data[: len(data) * 95 // 100]).code == "truncated"
    assert refusal(data[:-20]).code == "truncated"


@pytest.mark.parametrize("length", [30, 300, 570])
def test_a_truncated_heic(length):
    assert refusal(HEIC[:length]).code == "truncated"


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises many pixels and holds none."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(20_000, 20_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_from_its_header(size):
    error = refusal(png_header(*size))
    assert error.code == "too_many_pixels"
    assert "300 megapixels" in error.message


def test_a_bomb_in_a_gif_frame_larger_than_its_screen():
    gif = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0)
    gif += b"!\xf9\x04\x08\0\0\0\0" + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x08\x01\0\0;"
    assert refusal(gif).code == "too_many_pixels"


def test_the_limit_in_megapixels_is_the_callers():
    data = encode(plain((1000, 1000)), "PNG")
    assert verify_picture(data, max_megapixels=1).width == 1000
    error = refusal(data, max_megapixels=0.9)
    assert error.code == "too_many_pixels"
    assert "1000 x 1000" in error.message
    with pytest.raises(ValueError, match="max_megapixels"):
        verify_picture(data, max_megapixels=0)


def test_too_many_bytes():
    data = encode(plain(), "PNG")
    assert verify_picture(data, max_bytes=len(data)).format == "PNG"
    assert refusal(data, max_bytes=len(data) - 1).code == "too_large"


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_bytes_changed_at_random_raise_nothing_else(picture_format):
    """Two hundred damaged copies of a picture: each is imported or refused, none ends the import."""
    chance = random.Random(7)  # noqa: S311
    exif = plain().getexif()
    exif[0x010E] = "text"
    options = {} if picture_format in ("GIF", "BMP") else {"exif": exif}
    whole = encode(photo_like((64, 48)), picture_format, **options)
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            verify_picture(bytes(damaged), max_megapixels=4)
        except PictureError as error:
            assert error.code in set(ErrorCode)
            assert error.message
