import subprocess
import sys

import numpy as np
import pytest

from catalog.layout import built_in_words, label_vectors
from catalog.layout.vectors import label_vector
from catalog.layout.words import BuiltInWords, unknown_word_vector


class ThreeWords:
    """Word vectors that a reader can add up in the head."""

    name = "three-words/1"
    n_features = 3

    def __init__(self):
        self.asked: list[str] = []

    def vector(self, word):
        self.asked.append(word)
        return np.eye(3, dtype=np.float32)[["polar", "bear", "snow"].index(word)]


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_related_words_lie_nearer_than_unrelated_ones():
    words = built_in_words()
    assert cosine(words.vector("cat"), words.vector("kitten")) > 0.5
    assert (
        cosine(words.vector("cat"), words.vector("kitten"))
        > cosine(words.vector("cat"), words.vector("concrete")) + 0.3
    )


@pytest.mark.parametrize("word", ["zzxqv", "猫", "🐈", "", "1976"])
def test_an_unknown_word_has_a_vector_of_its_own_that_never_changes(word):
    first, again = built_in_words().vector(word), BuiltInWords().vector(word)
    assert first.shape == (256,)
    assert np.isfinite(first).all()
    assert np.linalg.norm(first) == pytest.approx(9.7, rel=1e-5)
    np.testing.assert_array_equal(first, again)


def test_unknown_words_are_the_same_in_every_process():
    # Python's own hash of a text differs from one process to the next; ours must not.
    code = "from catalog.layout.words import unknown_word_vector as u; print(u('zzxqv', 4).tolist())"
    answers = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert answers == {f"{unknown_word_vector('zzxqv', 4).tolist()}\n"}


def test_misspellings_of_an_unknown_word_stay_together():
    right, wrong, other = (unknown_word_vector(word, 256) for word in ("quetzalcoatlus", "quetzalcoatlis", "xylorimba"))
    assert cosine(right, wrong) > 0.7
    assert abs(cosine(right, other)) < 0.3


def test_reading_words_leaves_the_loggers_and_the_network_alone():
    code = (
        "import logging, sys; from catalog.layout import built_in_words; built_in_words().vector('cat');"
        "print(logging.getLogger().handlers, 'requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"l2_supercat_256\.safetensors.*install wordllama"):
        BuiltInWords(tmp_path)


def test_an_image_is_the_mean_of_its_labels_weighted_by_score():
    vectors = label_vectors([["polar", "snow"]], [[0.9, 0.3]], ThreeWords())
    np.testing.assert_allclose(vectors, [[0.75, 0, 0.25]], atol=1e-6)
    assert vectors.dtype == np.float32


def test_a_label_of_several_words_is_their_mean_of_length_one():
    np.testing.assert_allclose(label_vector("Polar-bear", ThreeWords()), [0.5**0.5, 0.5**0.5, 0], atol=1e-6)


def test_case_and_spaces_do_not_matter():
    first, second = label_vectors([["Polar Bear"], ["polar  bear"]], [[1.0], [0.2]], ThreeWords())
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_images_without_labels_get_the_zero_vector():
    vectors = label_vectors([[], ["snow"], ["snow"]], [[], [0.0], [0.5]], ThreeWords())
    np.testing.assert_array_equal(vectors, [[0, 0, 0], [0, 0, 0], [0, 0, 1]])


def test_a_library_without_any_image_or_label_is_no_error():
    assert label_vectors([], [], ThreeWords()).shape == (0, 3)
    assert label_vectors([[], []], [[], []], ThreeWords()).shape == (2, 3)


def test_each_label_is_looked_up_once_however_many_images_have_it():
    words = ThreeWords()
    label_vectors([["snow", "bear"]] * 1000, [[0.5, 0.5]] * 1000, words)
    assert sorted(words.asked) == ["bear", "snow"]


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([["snow"]], [], "as many rows of scores as of labels, got 0 and 1"),
        ([[], ["snow"]], [[], [0.1, 0.2]], "got 2 scores for 1 labels in row 1"),
        ([["bear"], ["snow"]], [[0.1], [float("nan")]], "finite and not negative, got nan in row 1"),
        ([["bear"], [], ["snow"]], [[0.1], [], [-1.0]], r"got -1\.0 in row 2"),
    ],
)
def test_scores_that_do_not_fit_are_refused_with_the_row(labels, scores, message):
    with pytest.raises(ValueError, match=message):
        label_vectors(labels, scores, ThreeWords())
