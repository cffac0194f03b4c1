"""A crop keeps what matters."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from catalog.annotators.crop_hints import annotate_crops, find_importance
from catalog.annotators.faces import Faces
from catalog.annotators.polygons import Frame

NO_FACES = Faces(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))
RATIOS = (1, 4 / 3, 16 / 9)


def a_face(*box):
    return Faces(np.array([box], np.float32), np.zeros((1, 5, 2), np.float32), np.ones(1, np.float32))


def with_ball(size, centre, radius=40):
    picture = Image.new("RGB", size, "darkgreen")
    ImageDraw.Draw(picture).circle(centre, radius, "orange")
    return picture


def hints(picture, faces=NO_FACES):
    return annotate_crops(picture, faces, Frame(*picture.size))["cropHintsAnnotation"]["cropHints"]


def extent(hint):
    vertices = hint["boundingPoly"]["vertices"]
    xs, ys = ([vertex.get(axis, 0) for vertex in vertices] for axis in "xy")
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("size", [(800, 400), (400, 800), (600, 600), (997, 211)])
def test_there_is_a_crop_for_each_ratio_and_it_is_as_large_as_can_be(size):
    for hint, ratio in zip(hints(Image.new("RGB", size)), RATIOS, strict=True):
        left, top, right, bottom = extent(hint)
        assert (right - left) / (bottom - top) == pytest.approx(ratio, rel=0.02)
        assert right - left == size[0] or bottom - top == size[1]


@pytest.mark.parametrize("x", [60, 400, 740])
def test_the_crop_goes_where_a_colour_stands_out(x):
    square, *_others = hints(with_ball((800, 400), (x, 200)))
    left, _top, right, _bottom = extent(square)

    assert left <= x - 40
    assert x + 40 <= right
    assert square["importanceFraction"] > 0.7
    assert square["confidence"] > 0.4


def test_a_face_matters_more_than_a_colour():
    square, *_others = hints(with_ball((800, 400), (740, 200)), a_face(40, 100, 120, 200))
    left, _top, right, _bottom = extent(square)

    assert left <= 40
    assert right >= 120


def test_what_is_all_alike_is_cropped_in_the_middle_without_confidence():
    square, *_others = hints(Image.new("RGB", (800, 400), "teal"))

    assert extent(square) == pytest.approx((200, 0, 600, 400), abs=4)
    assert square["confidence"] == pytest.approx(0, abs=0.01)
    assert square["importanceFraction"] == pytest.approx(0.5, abs=0.01)


def test_a_picture_of_the_right_shape_loses_nothing():
    square, *_others = hints(with_ball((500, 500), (100, 100)))

    assert extent(square) == (0, 0, 500, 500)
    assert (square["confidence"], square["importanceFraction"]) == (1, 1)


def test_shares_of_importance_add_up_to_one_even_for_one_pixel():
    for size in ((1, 1), (3000, 2), (800, 400)):
        assert find_importance(Image.new("RGB", size), NO_FACES).sum() == pytest.approx(1)
    assert len(hints(Image.new("RGB", (1, 1)))) == 3
