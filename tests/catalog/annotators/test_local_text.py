"""Printed text is read, in order, with each word where it is."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from catalog.annotators.polygons import Frame, box_to_points
from catalog.annotators.text import TextModel
from catalog.annotators.text_layout import Line, Word, annotate_text
from tests.catalog.annotators.pictures import CAT, SKIMAGE, open_picture

ONE = np.ones(2)


@pytest.fixture(scope="module")
def model():
    return TextModel()


def poster(*texts):
    """A poster of (text, left, top, size)."""
    picture = Image.new("RGB", (1000, 700), "ivory")
    for text, left, top, size in texts:
        ImageDraw.Draw(picture).text((left, top), text, "navy", ImageFont.load_default(size))
    return picture


def annotate(model, picture, frame=None):
    frame = frame or Frame(*picture.size)
    return annotate_text(model.read(picture), np.array(frame, dtype=float) / picture.size, frame)


def test_a_poster_is_read_first_whole_and_then_word_by_word(model):
    document = annotate(model, poster(("GRAND OPENING", 100, 80, 80), ("Saturday 14 March", 100, 300, 50)))

    whole, *words = document["textAnnotations"]
    assert whole["description"] == "GRAND OPENING\nSaturday 14 March"
    assert [word["description"] for word in words] == ["GRAND", "OPENING", "Saturday", "14", "March"]
    left, top = words[0]["boundingPoly"]["vertices"][0].values()
    assert (left, top) == pytest.approx((100, 100), abs=25)


def test_the_pages_hold_the_same_text_as_the_words(model):
    document = annotate(model, poster(("GRAND OPENING", 100, 80, 80), ("Saturday 14 March", 100, 400, 50)))

    [page] = document["fullTextAnnotation"]["pages"]
    assert (page["width"], page["height"]) == (1000, 700)
    assert [len(block["paragraphs"]) for block in page["blocks"]] == [1, 1]
    assert spell_out(page) == document["fullTextAnnotation"]["text"] + "\n"
    assert 0.9 < page["confidence"] <= 1


def spell_out(page):
    breaks = {"SPACE": " ", "LINE_BREAK": "\n", "": ""}
    return "".join(
        symbol["text"] + breaks[symbol.get("property", {}).get("detectedBreak", {}).get("type", "")]
        for block in page["blocks"]
        for paragraph in block["paragraphs"]
        for word in paragraph["words"]
        for symbol in word["symbols"]
    )


def test_a_photographed_page_is_read(model):
    text = annotate(model, open_picture(SKIMAGE / "page.png"))["textAnnotations"][0]["description"]

    assert text.startswith("Region-based segmentation\nLet us first determine markers of the coins and the")


def test_coordinates_are_those_of_the_picture_whatever_was_read(model):
    picture = poster(("LIBRARY", 300, 300, 90))
    small, large = (annotate(model, picture, frame) for frame in (Frame(1000, 700), Frame(4000, 1400)))

    for one, other in zip(
        small["textAnnotations"][1]["boundingPoly"]["vertices"],
        large["textAnnotations"][1]["boundingPoly"]["vertices"],
        strict=True,
    ):
        assert (other["x"], other["y"]) == pytest.approx((4 * one["x"], 2 * one["y"]), abs=2)


def test_where_there_is_no_text_none_is_found(model):
    assert annotate(model, open_picture(CAT)) == {"textAnnotations": []}
    assert annotate(model, Image.new("RGB", (1, 1))) == {"textAnnotations": []}


def test_several_threads_may_read_at_once_and_nothing_is_said_aloud(model, capfd):
    pictures = [poster((word, 100, 200, 90)) for word in ("ALPHA", "BETA", "GAMMA", "DELTA")] * 2
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda picture: [line.whole.text for line in model.read(picture)], pictures))

    assert found == [["ALPHA"], ["BETA"], ["GAMMA"], ["DELTA"]] * 2
    assert capfd.readouterr() == ("", "")


def line(text, left, top, width=200, height=20):
    corners = box_to_points(left, top, left + width, top + height)
    words = [Word(word, corners, 1.0) for word in text.split()]
    return Line(Word(text, corners, 1.0), words)


def test_columns_are_read_one_after_the_other():
    page = [line(f"{column}{row}", left, 100 + 26 * row) for row in range(3) for column, left in (("l", 0), ("r", 300))]
    page.append(line("title", 0, 20, width=500, height=50))
    page.append(line("foot", 0, 400, width=500))

    document = annotate_text(page, ONE, Frame(500, 500))

    assert document["fullTextAnnotation"]["text"].split() == ["title", "l0", "l1", "l2", "r0", "r1", "r2", "foot"]
    assert len(document["fullTextAnnotation"]["pages"][0]["blocks"]) == 4


def test_pieces_of_one_line_are_read_from_left_to_right():
    page = [line("three", 440, 102), line("one", 0, 104), line("two", 220, 98)]

    assert annotate_text(page, ONE, Frame(700, 200))["textAnnotations"][0]["description"] == "one\ntwo\nthree"
