"""The local annotator answers for every picture, whatever the picture is."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from google.cloud.vision import AnnotateImageResponse
from PIL import Image

from catalog.annotators import (
    AnnotateOptions,
    Failure,
    Feature,
    PictureFile,
    PictureToAnnotate,
    Ticket,
    UnknownTicketError,
    features_of,
)
from catalog.annotators.local import LocalAnnotator
from tests.catalog.annotators.pictures import (
    ASTRONAUT,
    CAT,
    COFFEE,
    MOTORCYCLE,
    PAGE,
    PALACE,
    as_jpeg,
    open_picture,
    picture_read_by,
    to_annotate,
)

LABELS, COLOURS = Feature.LABEL_DETECTION, Feature.IMAGE_PROPERTIES
OPTIONS = AnnotateOptions()


@pytest.fixture(scope="module")
def annotator():
    return LocalAnnotator(n_threads=2)


def ask(annotator, *pictures):
    return annotator.collect(annotator.submit(pictures, OPTIONS))


def words(answer):
    return [label["description"] for label in answer.documents[LABELS]["labelAnnotations"]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (CAT, {"animal", "mammal", "cat"}),
        (COFFEE, {"drink", "cup", "coffee", "espresso"}),
        (MOTORCYCLE, {"vehicle", "motorcycle"}),
        (PALACE, {"building", "architecture", "palace"}),
    ],
    ids=lambda value: value.stem if hasattr(value, "stem") else None,
)
def test_a_photograph_gets_the_words_that_a_visitor_would_say(annotator, path, expected):
    [answer] = ask(annotator, to_annotate(as_jpeg(open_picture(path))))

    assert expected <= set(words(answer))
    assert not answer.errors


@pytest.mark.parametrize("path", [CAT, ASTRONAUT, PAGE], ids=lambda path: path.stem)
def test_the_document_is_google_s_field_for_field(annotator, path):
    [answer] = ask(annotator, to_annotate(as_jpeg(open_picture(path)), *sorted(features_of(annotator))))
    assert set(answer.documents) == features_of(annotator)

    for document in answer.documents.values():
        response = AnnotateImageResponse.from_json(json.dumps(document))
        back = json.loads(
            AnnotateImageResponse.to_json(
                response, always_print_fields_with_no_presence=False, use_integers_for_enums=False
            )
        )
        assert _rounded(back) == _without_zeros(_rounded(document))


def test_labels_are_read_by_google_s_client(annotator):
    [answer] = ask(annotator, to_annotate(as_jpeg(open_picture(CAT))))
    document = answer.documents[LABELS]

    response = AnnotateImageResponse.from_json(json.dumps(document))
    label, ours = response.label_annotations[0], document["labelAnnotations"][0]
    assert (label.mid, label.description) == (ours["mid"], ours["description"])
    assert (label.score, label.topicality) == pytest.approx((ours["score"], ours["topicality"]))


def _without_zeros(value):
    """Google's JSON leaves out what is zero, unknown or an empty list."""
    if isinstance(value, dict):
        kept = {key: _without_zeros(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (0, "UNKNOWN", [])}
    return [_without_zeros(item) for item in value] if isinstance(value, list) else value


def _rounded(value):
    """Google's messages hold float32."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, int | float) else value


def test_answers_come_in_the_batch_s_order_with_only_what_was_asked(annotator):
    asked = [
        (CAT, (LABELS,)),
        (COFFEE, (COLOURS,)),
        (MOTORCYCLE, (COLOURS, LABELS)),
        (PALACE, ()),
        (CAT, (LABELS,)),
    ] * 4
    batch = [
        replace(picture_read_by(partial(_read_rendition, path)), sha256=str(number), features=features)
        for number, (path, features) in enumerate(asked)
    ]

    answers = ask(annotator, *batch)

    assert [answer.sha256 for answer in answers] == [picture.sha256 for picture in batch]
    assert [set(answer.documents) for answer in answers] == [set(features) for _, features in asked]
    assert words(answers[0]) == words(answers[4]) == words(answers[5])


def _read_rendition(path):
    return as_jpeg(open_picture(path))


def _raise(error: Exception):
    raise error


def test_a_bad_picture_is_an_error_in_its_own_answer(annotator):
    good = as_jpeg(open_picture(CAT))
    gone = picture_read_by(lambda: _raise(FileNotFoundError("small/ab.jpg")), LABELS, sha256="gone")
    bad = [to_annotate(b""), to_annotate(b"not a picture"), to_annotate(good[: len(good) // 2]), gone]

    answers = ask(annotator, to_annotate(good), *bad, to_annotate(good))

    assert "cat" in words(answers[0])
    assert "cat" in words(answers[5])
    for answer in answers[1:5]:
        assert not answer.documents
    assert set(answers[1].errors) == {LABELS, COLOURS}
    assert answers[1].errors[LABELS].failure == Failure.REFUSED
    assert (
        answers[1].errors[LABELS].message.startswith("Expected a whole picture, but its 0 bytes could not be decoded")
    )
    assert "small/ab.jpg" in answers[4].errors[LABELS].message


def test_faces_and_text_are_looked_for_in_the_view_and_each_only_if_asked(annotator):
    small, view = as_jpeg(open_picture(ASTRONAUT), 100), as_jpeg(open_picture(ASTRONAUT), 512)
    picture = PictureToAnnotate(
        "a" * 64,
        (Feature.FACE_DETECTION, Feature.SAFE_SEARCH_DETECTION),
        width=1024,
        height=1024,
        small=PictureFile(lambda: small, 100, 100, len(small)),
        view=PictureFile(lambda: view, 512, 512, len(view)),
    )
    [answer] = ask(annotator, picture)

    assert set(answer.documents) == {Feature.FACE_DETECTION, Feature.SAFE_SEARCH_DETECTION}
    [face] = answer.documents[Feature.FACE_DETECTION]["faceAnnotations"]
    nose = next(item["position"] for item in face["landmarks"] if item["type"] == "NOSE_TIP")
    assert (nose["x"], nose["y"]) == pytest.approx((446, 250), abs=20)


def test_a_view_that_is_gone_fails_what_needs_it_and_nothing_else(annotator):
    data = as_jpeg(open_picture(CAT))
    view = PictureFile(lambda: _raise(FileNotFoundError("view/ab.jpg")), 320, 240, 0)
    picture = replace(to_annotate(data, *sorted(features_of(annotator))), view=view)

    [answer] = ask(annotator, picture)

    assert set(answer.documents) == {LABELS, COLOURS, Feature.SAFE_SEARCH_DETECTION}
    assert set(answer.errors) == annotator.stages[1] - {Feature.SAFE_SEARCH_DETECTION}
    assert "the view rendition" in answer.errors[Feature.TEXT_DETECTION].message


def test_what_is_not_looked_for_is_said_and_the_rest_is_answered(annotator):
    [answer] = ask(annotator, to_annotate(as_jpeg(open_picture(CAT)), LABELS, Feature.LANDMARK_DETECTION))

    assert set(answer.documents) == {LABELS}
    assert "does not look for LANDMARK_DETECTION" in answer.errors[Feature.LANDMARK_DETECTION].message


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3000, 20)])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_odd_shapes_and_modes_are_answered(annotator, size, mode):
    data = as_jpeg(Image.new(mode, size), short_side_px=min(size))
    [answer] = ask(annotator, to_annotate(data, *sorted(features_of(annotator))))

    assert set(answer.documents) == features_of(annotator)


def test_an_empty_batch_has_no_answers(annotator):
    assert ask(annotator) == []


def test_a_batch_too_large_is_refused(annotator):
    with pytest.raises(ValueError, match="Expected at most 64 pictures, but got 65"):
        annotator.submit([to_annotate(b"")] * 65, OPTIONS)


def test_a_ticket_is_good_once_and_only_here(annotator):
    ticket = annotator.submit([to_annotate(b"")], OPTIONS)
    annotator.collect(ticket)

    for wrong in (ticket, Ticket("google", "1"), Ticket("local", "999999")):
        with pytest.raises(UnknownTicketError, match="Submit the batch again"):
            annotator.collect(wrong)


def test_several_threads_may_ask_at_once_of_one_that_has_loaded_nothing_yet():
    annotator = LocalAnnotator(n_threads=2)
    data = as_jpeg(open_picture(CAT))
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ask(annotator, to_annotate(data))[0], range(8)))

    assert all(answer.documents == answers[0].documents for answer in answers)


def test_models_and_parameters_are_named_for_what_is_looked_for(annotator):
    assert set(Feature) - features_of(annotator) == {
        Feature.OBJECT_LOCALIZATION,
        Feature.LANDMARK_DETECTION,
        Feature.LOGO_DETECTION,
        Feature.WEB_DETECTION,
    }
    assert annotator.stages[0] == {LABELS, COLOURS}
    for feature in features_of(annotator):
        assert 0 < len(annotator.model_of(feature)) <= 100
        assert 0 < len(annotator.parameters_of(feature, OPTIONS)) <= 100
    assert annotator.model_of(LABELS) == "efficientnet-lite2/1"
    assert annotator.model_of(COLOURS) == "dominant-colours/1"
    with pytest.raises(ValueError, match="but got WEB_DETECTION"):
        annotator.model_of(Feature.WEB_DETECTION)
