"""Only adult content is looked for, and said in Cloud Vision's steps."""

import pytest
from PIL import Image

from catalog.annotators.safe_search import AdultModel, annotate_safety
from tests.catalog.annotators.pictures import CAT, COFFEE, PALACE, SKIMAGE, open_picture


@pytest.fixture(scope="module")
def model():
    return AdultModel()


@pytest.mark.parametrize("path", [CAT, COFFEE, PALACE, SKIMAGE / "astronaut.png"], ids=lambda path: path.stem)
def test_everyday_photographs_are_very_unlikely_to_be_adult(model, path):
    assert model.score(open_picture(path)) < 0.05


def test_a_picture_of_one_pixel_has_a_score_too(model):
    assert 0 <= model.score(Image.new("RGB", (1, 1))) <= 1


@pytest.mark.parametrize(
    ("score", "likelihood"),
    [
        (0, "VERY_UNLIKELY"),
        (0.0499, "VERY_UNLIKELY"),
        (0.05, "UNLIKELY"),
        (0.2, "POSSIBLE"),
        (0.5, "LIKELY"),
        (0.8, "VERY_LIKELY"),
        (1, "VERY_LIKELY"),
    ],
)
def test_a_score_is_said_as_a_likelihood_and_the_rest_is_unknown(score, likelihood):
    safety = annotate_safety(score)["safeSearchAnnotation"]

    assert safety.pop("adult") == likelihood
    assert safety == dict.fromkeys(("spoof", "medical", "violence", "racy"), "UNKNOWN")
