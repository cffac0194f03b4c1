"""256 numbers tell pictures apart as 1,280 do."""

import numpy as np
import pytest

from catalog.annotators.checkpoint import read_checkpoint
from catalog.annotators.label_model import LabelModel, bundled_weights_path
from catalog.annotators.pictures import to_model_input
from catalog.annotators.visual import VISUAL_VERSION, reduce_features, visual_model, visual_projection
from tests.catalog.annotators.pictures import CAT, COFFEE, MOTORCYCLE, PALACE, open_picture

RIGHT_EYE = MOTORCYCLE.with_name("motorcycle_right.png")  # the same motorcycle, seen from a step beside


def parts(path, n=12):
    """Cut n overlapping parts out of a photograph, along its diagonal."""
    picture = open_picture(path)
    side = min(picture.size) // 2
    steps = np.linspace(0, 1, n)[:, None] * (np.array(picture.size) - side)
    return [picture.crop((x, y, x + side, y + side)) for x, y in steps.astype(int).tolist()]


def nearest(vectors, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    return np.argsort(-cosines, axis=1)[:, :k]


@pytest.fixture(scope="module")
def inputs():
    pictures = [part for path in (CAT, COFFEE, MOTORCYCLE, PALACE) for part in parts(path)]
    return np.stack([to_model_input(picture) for picture in pictures])


@pytest.fixture(scope="module")
def classifier():
    return read_checkpoint(bundled_weights_path())["_fc.weight"]


def test_a_picture_is_256_numbers_of_length_one(inputs):
    vectors = visual_model().embed(inputs[:3])
    assert vectors.shape == (3, 256) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_two_looks_at_one_thing_are_nearer_than_two_things():
    paths = (MOTORCYCLE, RIGHT_EYE, CAT, COFFEE, PALACE)
    vectors = visual_model().embed(np.stack([to_model_input(open_picture(path)) for path in paths]))
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.9
    assert cosines[0, 2:].max() < 0.5


def test_parts_of_a_photograph_find_each_other(inputs):
    photograph = np.repeat(np.arange(4), 12)
    vectors = visual_model().embed(inputs)
    assert (photograph[nearest(vectors, 5)] == photograph[:, None]).mean() > 0.95


def test_the_neighbours_of_all_features_are_kept_and_better_than_by_chance_directions(inputs, classifier):
    features = np.concatenate([LabelModel().run(inputs[i : i + 8]).features for i in range(0, len(inputs), 8)])
    exact = nearest(features, 5)

    def kept(projection):
        found = nearest(reduce_features(features, projection), 5)
        return np.mean([len(set(a) & set(b)) for a, b in zip(exact, found, strict=True)]) / 5

    gaussian = np.random.default_rng(0).standard_normal((1280, 256)).astype(np.float32)
    assert kept(visual_projection(classifier)) > 0.75
    assert kept(visual_projection(classifier)) > kept(gaussian)


def test_the_projection_is_the_top_of_the_singular_value_decomposition_with_its_signs_fixed():
    weights = np.random.default_rng(0).standard_normal((300, 400)).astype(np.float32)
    projection = visual_projection(weights)
    _left, _values, right = np.linalg.svd(weights.astype(np.float64), full_matrices=False)

    np.testing.assert_allclose(projection.T @ projection, np.eye(256), atol=1e-5)
    np.testing.assert_allclose(np.abs((projection.T * right[:256]).sum(axis=1)), 1, atol=1e-5)
    np.testing.assert_array_equal(projection, visual_projection(weights))
    assert (projection[np.abs(projection).argmax(axis=0), np.arange(256)] > 0).all()


def test_nothing_seen_stays_nothing():
    reduced = reduce_features(np.zeros((2, 3), np.float32), np.eye(3, dtype=np.float32))
    np.testing.assert_array_equal(reduced, np.zeros((2, 3)))


def test_the_version_names_model_and_projection():
    assert VISUAL_VERSION == "efficientnet-lite2/1+svd256/1"
