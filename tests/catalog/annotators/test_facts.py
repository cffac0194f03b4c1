"""Plain facts of a document: boxes in shares of the picture, and what nobody looked for is not there."""

import pytest

from catalog.annotators.facts import FEATURES_OF, KEYS_OF, kinds_of, read_box, read_facts, was_looked_for
from tests.vision_documents import EYES, FACE, LANDMARK, LINES, LOGO, OBJECT, full_document

WIDTH, HEIGHT = 1600, 800


def share(box):
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]


def test_boxes_are_shares_of_the_picture_whether_given_in_pixels_or_normalized():
    facts = read_facts(full_document(WIDTH, HEIGHT), WIDTH, HEIGHT)
    assert facts["objects"] == [{"name": "Bicycle", "score": 0.875, "box": share(OBJECT)}]
    assert facts["logos"] == [{"name": "Acme", "score": 0.5, "box": share(LOGO)}]
    assert facts["faces"][0]["box"] == share(FACE)
    assert facts["landmarks"] == [
        {
            "name": "Fourvière",
            "score": 0.625,
            "box": share(LANDMARK),
            "places": [{"latitude": 45.762293, "longitude": 4.822529}],
        }
    ]


def test_a_face_tells_its_pose_and_only_the_likelihoods_that_were_looked_for():
    (face,) = read_facts(full_document(WIDTH, HEIGHT), WIDTH, HEIGHT)["faces"]
    assert face["landmarks"] == [list(eye) for eye in EYES]
    assert (face["roll"], face["pan"], face["tilt"]) == (-7.5, 25, 0)
    assert face["likelihoods"] == {"joy": 5, "anger": 1, "headwear": 3}


def test_a_face_whose_turn_nobody_measured_does_not_look_straight_ahead():
    (face,) = read_facts({"faceAnnotations": [{"rollAngle": 12.34, "detectionConfidence": 0.9}]}, 10, 10)["faces"]
    assert face == {"score": 0.9, "landmarks": [], "likelihoods": {}, "roll": 12.3}


def test_words_become_lines_with_a_box_around_each():
    text = read_facts(full_document(WIDTH, HEIGHT), WIDTH, HEIGHT)["text"]
    assert text["text"] == "Grüße aus\n<b>Lyon</b>"
    assert text["lines"] == [{"text": words, "box": share(box)} for words, box in LINES.items()]


def test_text_without_a_structure_has_a_line_for_each_piece():
    pieces = [{"description": "No entry"}, {"description": "No"}, {"description": "entry"}]
    text = read_facts({"textAnnotations": pieces}, 10, 10)["text"]
    assert text == {"text": "No entry", "lines": [{"text": "No"}, {"text": "entry"}]}


def test_a_broken_word_keeps_its_hyphen():
    symbols = [{"text": "s"}, {"text": "o", "property": {"detectedBreak": {"type": "HYPHEN"}}}, {"text": "n"}]
    page = {"blocks": [{"paragraphs": [{"words": [{"symbols": symbols}]}]}]}
    lines = read_facts({"fullTextAnnotation": {"text": "so-\nn", "pages": [page]}}, 10, 10)["text"]["lines"]
    assert [line["text"] for line in lines] == ["so-", "n"]


def test_safe_search_and_web_tell_what_is_known():
    facts = read_facts(full_document(WIDTH, HEIGHT), WIDTH, HEIGHT)
    assert facts["safe_search"] == {"adult": 1, "racy": 3}
    assert facts["web"] == {
        "best_guess_labels": ["street in lyon"],
        "entities": [{"name": "Old Lyon", "score": 0.75}],
    }


def test_looked_for_and_none_found_is_empty_and_not_looked_for_is_absent():
    facts = read_facts({"faceAnnotations": [], "fullTextAnnotation": {}, "safeSearchAnnotation": {}}, 10, 10)
    assert facts == {"faces": [], "text": {"text": "", "lines": []}, "safe_search": {}}
    assert read_facts({}, 10, 10) == {}


@pytest.mark.parametrize(
    ("poly", "box"),
    [
        ({"vertices": [{"x": -30, "y": 20}, {"x": 50, "y": 90}]}, [0, 0.1, 0.5, 0.35]),
        ({"vertices": [{}, {"x": 100}, {"x": 100, "y": 200}, {"y": 200}]}, [0, 0, 1, 1]),
        ({"vertices": [{"x": 50, "y": 20}, {"x": 130, "y": 240}]}, [0.5, 0.1, 0.5, 0.9]),
        ({"vertices": []}, None),
        ({}, None),
    ],
)
def test_a_box_ends_where_the_picture_ends(poly, box):
    assert read_box(poly, 100, 200) == box


def test_every_kind_has_features_and_keys_and_is_found_in_a_full_document():
    document = full_document(WIDTH, HEIGHT)
    assert list(FEATURES_OF) == list(KEYS_OF)
    assert all(was_looked_for(document, kind) for kind in FEATURES_OF)
    assert kinds_of(["DOCUMENT_TEXT_DETECTION", "LABEL_DETECTION", "CROP_HINTS"]) == ["labels", "text"]
