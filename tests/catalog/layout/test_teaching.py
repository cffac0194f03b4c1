"""A label is taught by a few examples, and how often it is right is told with its interval."""

import numpy as np
import pytest

from catalog.layout import fit_label, label_scores, wilson_interval
from catalog.layout.teaching import STRENGTHS


def rows(rng: np.random.Generator, n: int, middle: np.ndarray, spread: float = 0.5) -> np.ndarray:
    made = middle + spread * rng.normal(size=(n, len(middle)))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def library():
    """Five kinds of pictures of which one is taught; what is a "no" looks nearly like it."""
    rng = np.random.default_rng(1)
    snow = rng.normal(size=256)
    sand = snow + 0.5 * rng.normal(size=256)
    rest = [rng.normal(size=256) for _ in range(3)]
    return {
        "accepts": rows(rng, 12, snow),
        "rejects": rows(rng, 8, sand),
        "others": np.concatenate([rows(rng, 60, middle) for middle in rest]),
        "snow": rows(rng, 200, snow),
        "sand": rows(rng, 200, sand),
        "rest": np.concatenate([rows(rng, 100, middle) for middle in rest]),
    }


def test_a_dozen_accepts_tell_the_label_from_what_looks_nearly_like_it(library):
    model = fit_label(library["accepts"], library["rejects"], library["others"], random_state=0)

    assert model.weights.shape == (257,) and model.weights.dtype == np.float32
    assert 0.5 <= model.cut_off <= 1 and model.strength in STRENGTHS
    right = label_scores(library["snow"], model.weights) >= model.cut_off
    wrong = label_scores(np.concatenate([library["sand"], library["rest"]]), model.weights) >= model.cut_off
    assert right.mean() > 0.8 and wrong.mean() < 0.02


def test_without_any_reject_the_others_stand_for_the_rest(library):
    model = fit_label(library["accepts"], library["rejects"][:0], library["others"], random_state=0)
    assert (label_scores(library["snow"], model.weights) > 0.5).mean() > 0.9
    assert (label_scores(library["rest"], model.weights) > 0.5).mean() < 0.05


def test_what_a_person_rejects_counts_more_than_what_nobody_spoke_of(library):
    """The same pictures as others instead of rejects are nearer to the label."""
    no = np.empty((0, 256), dtype=np.float32)
    said = fit_label(library["accepts"], library["rejects"], library["others"], random_state=0)
    unsaid = fit_label(library["accepts"], no, np.concatenate([library["rejects"], library["others"]]), random_state=0)
    sand = library["sand"]
    assert label_scores(sand, said.weights).mean() < label_scores(sand, unsaid.weights).mean()


def test_the_same_examples_give_the_same_bits(library):
    args = (library["accepts"], library["rejects"], library["others"])
    first, second = fit_label(*args, random_state=3), fit_label(*args, random_state=3)
    np.testing.assert_array_equal(first.weights, second.weights)
    assert (first.cut_off, first.strength) == (second.cut_off, second.strength)


def test_too_few_examples_are_refused(library):
    with pytest.raises(ValueError, match="at least 5 accepts"):
        fit_label(library["accepts"][:4], library["rejects"], library["others"], random_state=0)


def test_the_interval_is_wilsons():
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I: 81 of 263 is 0.2553 to 0.3662.
    np.testing.assert_allclose(wilson_interval(81, 263), (0.2553, 0.3662), atol=5e-5)
    np.testing.assert_allclose(wilson_interval(0, 20), (0.0, 0.1611), atol=5e-5)
    np.testing.assert_allclose(wilson_interval(50, 50), (0.9287, 1.0), atol=5e-5)
    for n_right, n_judged in ((0, 0), (3, 2), (-1, 4)):
        with pytest.raises(ValueError, match="right of"):
            wilson_interval(n_right, n_judged)
