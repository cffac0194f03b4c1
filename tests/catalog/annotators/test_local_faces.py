"""Faces are found where they are, with the eyes where the viewer sees them, and nothing is said that nobody looked for."""

import numpy as np
import pytest
from PIL import Image

from catalog.annotators.faces import FaceModel, annotate_faces
from catalog.annotators.polygons import Frame
from tests.catalog.annotators.pictures import ASTRONAUT, CAT, COFFEE, open_picture

LEFT, TOP, RIGHT, BOTTOM = 170, 55, 275, 195  # her face in the 512 x 512 photograph, by eye, with some room


@pytest.fixture(scope="module")
def model():
    return FaceModel()


@pytest.fixture(scope="module")
def astronaut():
    return open_picture(ASTRONAUT)


def annotate(model, picture, frame=None):
    frame = frame or Frame(*picture.size)
    scale = np.array(frame, dtype=float) / picture.size
    return annotate_faces(model.find(picture), scale, frame)["faceAnnotations"]


def places(face):
    return {item["type"]: item["position"] for item in face["landmarks"]}


def test_a_face_has_a_box_five_landmarks_and_nothing_that_nobody_looked_for(model, astronaut):
    [face] = annotate(model, astronaut)

    assert set(face) == {"boundingPoly", "fdBoundingPoly", "landmarks", "rollAngle", "detectionConfidence"}
    assert 0.9 < face["detectionConfidence"] <= 1
    for vertex in face["boundingPoly"]["vertices"]:
        assert LEFT <= vertex["x"] <= RIGHT
        assert TOP <= vertex["y"] <= BOTTOM
    assert set(places(face)) == {"LEFT_EYE", "RIGHT_EYE", "NOSE_TIP", "MOUTH_LEFT", "MOUTH_RIGHT"}


def test_left_is_left_for_the_viewer_as_in_cloud_vision(model, astronaut):
    [face] = annotate(model, astronaut)
    at = places(face)

    assert at["LEFT_EYE"]["x"] < at["NOSE_TIP"]["x"] < at["RIGHT_EYE"]["x"]
    assert at["MOUTH_LEFT"]["x"] < at["MOUTH_RIGHT"]["x"]
    assert at["LEFT_EYE"]["y"] < at["NOSE_TIP"]["y"] < at["MOUTH_LEFT"]["y"]


@pytest.mark.parametrize("clockwise", [-30, -12, 12, 30, 45])
def test_a_head_that_leans_has_rolled_by_as_much(model, astronaut, clockwise):
    [upright] = annotate(model, astronaut)
    [leaning] = annotate(model, astronaut.rotate(-clockwise, center=(222, 120)))

    assert leaning["rollAngle"] - upright["rollAngle"] == pytest.approx(clockwise, abs=8)


def test_coordinates_are_those_of_the_picture_whatever_was_looked_at(model, astronaut):
    [as_it_is] = annotate(model, astronaut)
    [in_large] = annotate(model, astronaut, Frame(1536, 1024))

    for small, large in zip(as_it_is["landmarks"], in_large["landmarks"], strict=True):
        assert large["position"]["x"] == pytest.approx(3 * small["position"]["x"], abs=0.3)
        assert large["position"]["y"] == pytest.approx(2 * small["position"]["y"], abs=0.3)


@pytest.mark.parametrize("side_px", [60, 150, 900, 2000])
def test_small_faces_and_portraits_are_both_found(model, astronaut, side_px):
    portrait = astronaut.crop((LEFT - 20, TOP - 20, RIGHT + 20, BOTTOM + 20)).resize((side_px, side_px))

    assert len(model.find(portrait).scores) == 1


def test_a_crowd_is_counted(model, astronaut):
    head = astronaut.crop((150, 20, 310, 220)).resize((80, 100))
    crowd = Image.new("RGB", (1200, 300), "gray")
    for number in range(10):
        crowd.paste(head, (number * 120, 20 + number % 3 * 80))

    assert len(model.find(crowd).scores) == 10


@pytest.mark.parametrize("path", [CAT, COFFEE], ids=lambda path: path.stem)
def test_where_there_is_no_face_none_is_found(model, path):
    assert annotate(model, open_picture(path)) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2048, 3)])
def test_odd_shapes_have_no_faces_and_do_no_harm(model, size):
    assert annotate(model, Image.new("RGB", size)) == []
