"""Good pictures come out right: size, hash, renditions, colours, whatever way they are stored."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from catalog.media import SUPPORTED_EXTENSIONS, VerifiedPicture, verify_picture
from tests.catalog.media.pictures import (
    BLUE,
    GREEN,
    HEIC,
    RED,
    WHITE,
    colour_at,
    encode,
    left_and_right,
    near,
    photo_like,
    plain,
    rendition,
)


def sizes(picture: VerifiedPicture) -> dict[str, tuple[int, int]]:
    return {made.kind: (made.width, made.height) for made in picture.renditions}


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_each_format_is_recognized_by_its_bytes(picture_format):
    data = encode(left_and_right((60, 40), RED, BLUE), picture_format)
    picture = verify_picture(data)
    assert (picture.format, picture.width, picture.height) == (picture_format, 60, 40)
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.size_bytes == len(data)
    small = rendition(picture)
    assert near(colour_at(small, 0.1, 0.5), RED, 25)
    assert near(colour_at(small, 0.9, 0.5), BLUE, 25)


def test_every_extension_offered_is_lower_case_with_a_dot():
    assert {".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic"} <= SUPPORTED_EXTENSIONS
    assert all(extension == extension.lower() and extension.startswith(".") for extension in SUPPORTED_EXTENSIONS)


@pytest.mark.parametrize(
    ("size", "small", "view"),
    [
        ((4000, 3000), (427, 320), (2048, 1536)),  # twelve megapixels, decoded at a half
        ((3000, 4000), (320, 427), (1536, 2048)),
        ((5000, 1000), (1600, 320), (2048, 410)),
        ((2048, 1000), (655, 320), (2048, 1000)),
        ((400, 300), (400, 300), (400, 300)),  # the short side is less than 320 already
        ((5000, 100), (2048, 41), (2048, 41)),  # a strip: never larger than the view
        ((3000, 1), (2048, 1), (2048, 1)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("picture_format", ["JPEG", "BMP"])
def test_renditions_have_their_sides_and_never_grow(size, small, view, picture_format):
    picture = verify_picture(encode(plain(size), picture_format))
    assert (picture.width, picture.height) == size
    assert sizes(picture) == {"small": small, "view": view}


def test_a_reduced_decode_shows_the_same_picture_as_a_full_one():
    drawn = photo_like((1000, 750)).resize((4000, 3000), Image.Resampling.BICUBIC)
    reduced = rendition(verify_picture(encode(drawn, "JPEG", quality=95)), "view")
    full = Image.open(io.BytesIO(encode(drawn.resize((2048, 1536), Image.Resampling.LANCZOS), "JPEG", quality=85)))
    difference = np.asarray(reduced, dtype=float) - np.asarray(full, dtype=float)
    assert 10 * np.log10(255**2 / np.mean(difference**2)) > 38  # dB


@pytest.mark.parametrize("picture_format", ["JPEG", "TIFF", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_undone_and_sizes_are_upright(orientation, picture_format):
    """The upright picture has red at the left and green in its upper right: store it turned, get it back."""
    upright = left_and_right((80, 40), RED, BLUE)
    upright.paste(GREEN, (40, 0, 80, 20))
    undo = {2: 0, 3: 1 + 2, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how to store it: Transpose members, the inverse turns
    turns = {0: Image.Transpose.FLIP_LEFT_RIGHT, 1: Image.Transpose.FLIP_TOP_BOTTOM, 2: Image.Transpose.ROTATE_90}
    turns |= {3: Image.Transpose.ROTATE_180, 4: Image.Transpose.ROTATE_270}
    turns |= {5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.TRANSVERSE}
    stored = upright if orientation == 1 else upright.transpose(turns[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = verify_picture(encode(stored, picture_format, exif=exif))
    assert (picture.width, picture.height) == (80, 40)
    small = rendition(picture)
    assert small.size == (80, 40)
    assert near(colour_at(small, 0.1, 0.5), RED, 30)
    assert near(colour_at(small, 0.9, 0.1), GREEN, 30)
    assert near(colour_at(small, 0.9, 0.9), BLUE, 30)


def test_heic_from_a_phone_comes_out_upright():
    picture = verify_picture(HEIC)
    assert (picture.format, picture.width, picture.height) == ("HEIF", 64, 32)
    assert picture.metadata["camera"] == "Phone 9"
    small = rendition(picture)
    assert near(colour_at(small, 0.1, 0.5), RED, 30)
    assert near(colour_at(small, 0.9, 0.5), BLUE, 30)


def test_cmyk_as_photoshop_writes_it_is_not_a_negative():
    """JPEG stores CMYK inverted, and says so; what is red stays red."""
    inks = left_and_right((64, 32), (0, 255, 255, 0), (0, 0, 0, 0), mode="CMYK")
    small = rendition(verify_picture(encode(inks, "JPEG", quality=95)))
    red = colour_at(small, 0.1, 0.5)
    assert red[0] > 200
    assert max(red[1:]) < 80
    assert near(colour_at(small, 0.9, 0.5), WHITE)


def test_cmyk_tiff():
    inks = plain((32, 32), (255, 0, 0, 0), mode="CMYK")
    assert verify_picture(encode(inks, "TIFF")).mean_colour[0] < 60


@pytest.mark.parametrize("picture_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(picture_format):
    ramp = np.tile(np.linspace(0, 65535, 200).astype(np.uint16), (50, 1))
    small = rendition(verify_picture(encode(Image.fromarray(ramp), picture_format)))
    for share, wanted in ((0.0, 0), (0.25, 64), (0.5, 128), (1.0, 255)):
        assert near(colour_at(small, share, 0.5), (wanted,) * 3, 4)


def test_big_endian_sixteen_bit_grey():
    ramp = np.tile(np.linspace(0, 65535, 200).astype(">u2"), (50, 1))
    image = Image.frombytes("I;16B", (200, 50), ramp.tobytes())
    small = rendition(verify_picture(encode(image, "TIFF")))
    assert near(colour_at(small, 0.5, 0.5), (128,) * 3, 4)


def test_sixteen_bit_grey_that_calls_zero_white():
    ramp = np.tile(np.linspace(0, 65535, 200).astype(np.uint16), (50, 1))
    small = rendition(verify_picture(encode(Image.fromarray(ramp), "TIFF", tiffinfo={262: 0})))
    assert colour_at(small, 0.0, 0.5)[0] > 250
    assert colour_at(small, 1.0, 0.5)[0] < 5


@pytest.mark.parametrize(
    ("values", "middle"),
    [
        (np.linspace(0.0, 1.0, 200, dtype=np.float32), 128),  # 0..1 is taken at its word
        (np.linspace(0.0, 0.5, 200, dtype=np.float32), 64),
        (np.linspace(-1000.0, 3000.0, 200, dtype=np.float32), 128),  # anything else is stretched
        (np.linspace(0, 2**31 - 1, 200).astype(np.int32), 128),
    ],
)
def test_samples_of_thirty_two_bits(values, middle):
    image = Image.fromarray(np.tile(values, (50, 1)))
    small = rendition(verify_picture(encode(image, "TIFF")))
    assert near(colour_at(small, 0.5, 0.5), (middle,) * 3, 4)


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0])
def test_a_float_picture_without_a_range_is_still_a_picture(value):
    image = Image.fromarray(np.full((20, 30), value, dtype=np.float32))
    assert verify_picture(encode(image, "TIFF")).width == 30


def test_not_a_number_among_floats_is_black():
    values = np.tile(np.linspace(0.0, 100.0, 200, dtype=np.float32), (50, 1))
    values[:, :50] = np.nan
    small = rendition(verify_picture(encode(Image.fromarray(values), "TIFF")))
    assert colour_at(small, 0.05, 0.5)[0] < 5
    assert colour_at(small, 1.0, 0.5)[0] > 250


def test_one_bit():
    small = rendition(verify_picture(encode(left_and_right((64, 32), 0, 1, mode="1"), "PNG")))
    assert colour_at(small, 0.1, 0.5)[0] < 10
    assert colour_at(small, 0.9, 0.5)[0] > 245


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_over_white(mode):
    black = (0, 0, 0, 255) if mode == "RGBA" else (0, 255)
    clear = (0, 0, 0, 0) if mode == "RGBA" else (0, 0)
    small = rendition(verify_picture(encode(left_and_right((64, 32), black, clear, mode=mode), "PNG")))
    assert colour_at(small, 0.1, 0.5)[0] < 10
    assert near(colour_at(small, 0.9, 0.5), WHITE)


def test_mean_colour_weighs_by_opacity():
    mostly_clear = left_and_right((64, 32), (*RED, 255), (0, 0, 255, 0), mode="RGBA")
    assert near(verify_picture(encode(mostly_clear, "PNG")).mean_colour, RED, 2)
    assert verify_picture(encode(plain((8, 8), (0, 0, 0, 0), "RGBA"), "PNG")).mean_colour == WHITE


def test_palette_with_transparency():
    image = left_and_right((64, 32), RED, BLUE).quantize(8)
    clear = image.getpixel((60, 10))
    small = rendition(verify_picture(encode(image, "PNG", transparency=clear)))
    assert near(colour_at(small, 0.1, 0.5), RED, 20)
    assert near(colour_at(small, 0.9, 0.5), WHITE)


def test_palette_with_an_alpha_for_each_colour():
    image = left_and_right((64, 32), RED, BLUE).quantize(8)
    alphas = bytearray(b"\xff" * 8)
    alphas[np.asarray(image)[10, 60]] = 0
    assert near(colour_at(rendition(verify_picture(encode(image, "PNG", transparency=bytes(alphas)))), 0.9, 0.5), WHITE)


def test_one_colour_declared_transparent():
    data = encode(left_and_right((64, 32), RED, BLUE), "PNG", transparency=BLUE)
    assert near(colour_at(rendition(verify_picture(data)), 0.9, 0.5), WHITE)


@pytest.mark.parametrize("picture_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_shown_and_the_frames_are_counted(picture_format):
    frames = [plain((40, 30), colour) for colour in (RED, GREEN, BLUE)]
    data = encode(frames[0], picture_format, save_all=True, append_images=frames[1:])
    picture = verify_picture(data)
    assert picture.metadata["n_frames"] == 3
    assert near(picture.mean_colour, RED, 20)


def test_a_gif_whose_later_frames_are_cut_off_shows_its_first():
    frames = [photo_like((80, 60), seed) for seed in range(3)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert verify_picture(data[: len(data) - 100]).metadata["n_frames"] == 3
    assert "n_frames" not in verify_picture(encode(frames[0], "GIF")).metadata


def swapped_profile() -> bytes:
    """The sRGB profile with its red and blue primaries exchanged: what converts by it, is seen."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for entry in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        swap = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(bytes(profile[entry : entry + 4]))
        if swap:
            profile[entry : entry + 4] = swap
    return bytes(profile).replace(b"s\0R\0G\0B\0", b"o\0d\0d\0!\0").replace(b"\0s\0R\0G\0B", b"\0o\0d\0d\0!")


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_colour_profile_is_obeyed_and_not_passed_on(picture_format):
    data = encode(plain((64, 48), (250, 10, 10)), picture_format, icc_profile=swapped_profile())
    picture = verify_picture(data)
    assert picture.mean_colour[2] > 200 > 60 > picture.mean_colour[0]
    assert "icc_profile" not in rendition(picture, "view").info


def test_transparent_pixels_obey_the_profile_too():
    data = encode(plain((64, 48), (250, 10, 10, 255), "RGBA"), "PNG", icc_profile=swapped_profile())
    assert colour_at(rendition(verify_picture(data)), 0.5, 0.5)[2] > 200


@pytest.mark.parametrize(
    "profile",
    [
        b"not a profile at all",
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),  # of another colour space
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()[:200],
    ],
)
def test_a_broken_or_foreign_profile_is_ignored(profile):
    assert near(verify_picture(encode(plain(), "JPEG", icc_profile=profile)).mean_colour, RED)
    assert verify_picture(encode(plain(colour=100, mode="L"), "JPEG", icc_profile=profile)).width == 40


def test_renditions_carry_no_metadata():
    exif = Image.Exif()
    exif[0x010E], exif[0x8825] = "a secret place", {1: "N", 2: (52.0, 30.0, 0.0)}
    data = encode(plain((500, 400)), "JPEG", exif=exif, comment=b"a secret comment", dpi=(300, 300))
    picture = verify_picture(data)
    for made in picture.renditions:
        assert b"secret" not in made.data
        assert b"Exif" not in made.data
        assert not Image.open(io.BytesIO(made.data)).getexif()


def test_odd_files_warn_nobody_and_change_nobodys_filters():
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\xff\xff\xff\x7f\x08\0\0\0"
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            verify_picture(encode(plain(), "JPEG", exif=exif))
        added = len(warnings.filters)
    assert caught == []
    assert added <= len(before) + 2  # "always" and one of ours, however often it is called


def test_several_threads_at_once():
    data = {colour: encode(plain((900, 700), colour), "JPEG") for colour in (RED, GREEN, BLUE)}
    wrong: list[object] = []

    def work(colour):
        for _ in range(10):
            mean = verify_picture(data[colour], max_megapixels=1).mean_colour
            if not near(mean, colour):
                wrong.append(mean)

    threads = [threading.Thread(target=work, args=(colour,)) for colour in data for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_same_bytes_give_the_same_answer():
    data = encode(photo_like((700, 500)), "JPEG")
    assert verify_picture(data) == verify_picture(data)
    json.dumps(verify_picture(data).metadata)
