"""The network that was put together here sees what the original sees."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from catalog.annotators.label_model import LabelModel
from catalog.annotators.pictures import to_model_input
from tests.catalog.annotators.pictures import CAT, COFFEE, MOTORCYCLE, PALACE, open_picture

CLASSES = {CAT: {281, 282, 285}, COFFEE: {967, 968}, MOTORCYCLE: {665, 670}, PALACE: {698}}


@pytest.fixture(scope="module")
def model():
    return LabelModel()


@pytest.fixture(scope="module")
def inputs():
    return np.stack([to_model_input(open_picture(path)) for path in CLASSES])


def test_photographs_land_in_their_classes(model, inputs):
    logits = model.run(inputs).logits

    assert logits.shape == (4, 1000)
    for row, (path, classes) in zip(logits, CLASSES.items(), strict=True):
        assert row.argmax() in classes, path.name


def test_features_are_means_of_a_clipped_map(model, inputs):
    features = model.run(inputs).features

    assert features.shape == (4, 1280)
    assert features.dtype == np.float32
    assert 0 <= features.min() < features.max() <= 6  # ReLU6


def test_the_company_in_a_batch_changes_nothing(model, inputs):
    together = model.run(inputs).logits
    alone = np.concatenate([model.run(picture[None]).logits for picture in inputs])

    np.testing.assert_allclose(together, alone, atol=1e-3)


def test_several_threads_may_look_at_once(model, inputs):
    expected = model.run(inputs).logits
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: model.run(inputs).logits, range(8)))

    for result in results:
        np.testing.assert_array_equal(result, expected)
