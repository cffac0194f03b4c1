"""Dominant colours are those that a person would name, in shares that add up."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from catalog.annotators.colours import annotate_colours, srgb_to_oklab
from catalog.annotators.pictures import to_colour_sample
from tests.catalog.annotators.pictures import CAT, COFFEE, MOTORCYCLE, PALACE, open_picture


def colours_of(picture: Image.Image) -> list[dict]:
    return annotate_colours(to_colour_sample(picture))["imagePropertiesAnnotation"]["dominantColors"]["colors"]


def rgb(colour: dict) -> tuple[int, int, int]:
    return colour["color"]["red"], colour["color"]["green"], colour["color"]["blue"]


def test_a_flag_has_the_colours_of_its_stripes():
    flag = Image.new("RGB", (300, 200), (0, 85, 164))
    draw = ImageDraw.Draw(flag)
    draw.rectangle((100, 0, 199, 199), fill=(255, 255, 255))
    draw.rectangle((200, 0, 299, 199), fill=(239, 65, 53))

    colours = colours_of(flag)

    found = {rgb(colour): colour["pixelFraction"] for colour in colours}
    for stripe in [(0, 85, 164), (255, 255, 255), (239, 65, 53)]:
        assert found[stripe] == pytest.approx(1 / 3, abs=0.025)  # the columns where stripes meet are mixtures


def test_one_colour_is_one_colour():
    assert colours_of(Image.new("RGB", (320, 320), (12, 200, 90))) == [
        {"color": {"red": 12, "green": 200, "blue": 90}, "score": 1.0, "pixelFraction": 1.0}
    ]


def test_a_vivid_spot_in_the_middle_is_prominent_beyond_its_size():
    picture = Image.new("RGB", (320, 320), (128, 128, 128))
    ImageDraw.Draw(picture).ellipse((110, 110, 210, 210), fill=(230, 20, 30))

    red = next(colour for colour in colours_of(picture) if rgb(colour)[0] > 200)

    assert red["pixelFraction"] == pytest.approx(0.077, abs=0.01)
    assert red["score"] > 3 * red["pixelFraction"]


def test_shades_that_look_alike_are_one():
    noise = np.random.default_rng(0).normal(120, 2, (320, 320, 3)).clip(0, 255).astype(np.uint8)

    assert len(colours_of(Image.fromarray(noise))) == 1


@pytest.mark.parametrize("path", [CAT, COFFEE, MOTORCYCLE, PALACE], ids=lambda path: path.stem)
def test_photographs_give_few_colours_that_cover_them(path):
    picture = open_picture(path)

    colours = colours_of(picture)

    assert 2 <= len(colours) <= 10
    assert 0.97 < sum(colour["pixelFraction"] for colour in colours) <= 1
    assert sum(colour["score"] for colour in colours) == pytest.approx(1, abs=0.001)
    assert [c["score"] for c in colours] == sorted((c["score"] for c in colours), reverse=True)
    assert colours_of(picture) == colours, "the same picture gives the same colours"
    palette = np.array([rgb(colour) for colour in colours], dtype=np.float32)
    pixels = to_colour_sample(picture).reshape(-1, 3).astype(np.float32)
    distances = np.linalg.norm(srgb_to_oklab(pixels)[:, None] - srgb_to_oklab(palette), axis=2).min(axis=1)
    assert distances.mean() < 0.06  # a just noticeable step is about 0.02


def test_oklab_agrees_with_its_author_on_black_white_and_red():
    lab = srgb_to_oklab(np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0]], dtype=np.float32))

    expected = np.array([[0, 0, 0], [1, 0, 0], [0.628, 0.2249, 0.1258]])
    np.testing.assert_allclose(lab.astype(np.float64), expected, atol=1e-3)
