"""Labels become one vector for each image, and two spaces one."""

import numpy as np
import pytest

from catalog.layout import LabelVectorizer, built_in_words, label_vectors, mix_vectors
from catalog.layout.vectors import label_vector


class ThreeWords:
    """Word vectors that a reader can add up in the head."""

    name = "three-words/1"
    n_features = 3

    def __init__(self):
        self.asked: list[str] = []

    def vector(self, word):
        self.asked.append(word)
        return np.eye(3, dtype=np.float32)[["polar", "bear", "snow"].index(word)]

    def knows(self, word):
        return word in ("polar", "bear", "snow")


class Compounds:
    """A vocabulary of a few vectors, some of them of compounds."""

    name = "compounds/1"
    n_features = 3

    def __init__(self, **vectors):
        self.vectors = {word.replace("__", "-"): np.array(v, dtype=np.float32) for word, v in vectors.items()}

    def vector(self, word):
        return self.vectors[word]

    def knows(self, word):
        return word in self.vectors


ICE, CREAM, BOTH = (1, 0, 0), (0, 1, 0), (0.48, 0.64, 0.6)  # all of length one


def test_an_image_is_the_mean_of_its_labels_weighted_by_score():
    vectors = label_vectors([["polar", "snow"]], [[0.9, 0.3]], ThreeWords())
    np.testing.assert_allclose(vectors, [[0.75, 0, 0.25]], atol=1e-6)
    assert vectors.dtype == np.float32


def test_a_label_of_several_words_is_their_mean_of_length_one():
    np.testing.assert_allclose(label_vector("Polar-bear", ThreeWords()), [0.5**0.5, 0.5**0.5, 0], atol=1e-6)


def test_case_spaces_and_possessives_do_not_matter():
    first, second = label_vectors([["Polar Bear"], ["polar’s  bear"]], [[1.0], [0.2]], ThreeWords())
    np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.parametrize("joined", ["ice_cream", "ice__cream", "icecream"])
@pytest.mark.parametrize("label", ["Ice cream", "ice-cream", "ice_cream"])
def test_a_compound_that_the_vocabulary_has_is_one_word(joined, label):
    words = Compounds(ice=ICE, cream=CREAM, **{joined: BOTH})
    np.testing.assert_allclose(label_vector(label, words), BOTH, atol=1e-6)


def test_a_compound_within_a_list_counts_as_one_word_of_it():
    words = Compounds(ice=ICE, cream=CREAM, ice_cream=BOTH, spoon=(0, 0, 1))
    expected = np.array([0.48, 0.64, 1.6])
    np.testing.assert_allclose(label_vector("spoon, ice cream", words), expected / np.linalg.norm(expected), atol=1e-6)


def test_another_word_of_the_same_letters_is_no_compound():
    # "old man" is not the surname: what lies far from its parts is something else.
    words = Compounds(old=(1, 0, 0), man=(0, 1, 0), oldman=(0, 0, 1))
    np.testing.assert_allclose(label_vector("old man", words), [0.5**0.5, 0.5**0.5, 0], atol=1e-6)


def test_words_of_different_phrases_are_not_joined():
    words = Compounds(man=(1, 0, 0), old=(0, 1, 0), manold=(1, 1, 0.1))
    np.testing.assert_allclose(label_vector("man, old", words), [0.5**0.5, 0.5**0.5, 0], atol=1e-6)


def test_the_built_in_vocabulary_joins_what_it_has_whole():
    words = built_in_words()
    np.testing.assert_allclose(label_vector("Basket-ball", words), label_vector("basketball", words), atol=1e-6)
    # "notable" is a word too, and another one.
    assert label_vector("not able", words) @ label_vector("notable", words) < 0.25


def test_images_without_labels_get_the_zero_vector():
    vectors = label_vectors([[], ["snow"], ["snow"]], [[], [0.0], [0.5]], ThreeWords())
    np.testing.assert_array_equal(vectors, [[0, 0, 0], [0, 0, 0], [0, 0, 1]])


def test_a_library_without_any_image_or_label_is_no_error():
    assert label_vectors([], [], ThreeWords()).shape == (0, 3)
    assert label_vectors([[], []], [[], []], ThreeWords()).shape == (2, 3)


def test_chunks_give_the_same_bits_as_the_whole_and_look_nothing_up_twice():
    rng = np.random.default_rng(0)
    terms = ["cat", "Dog", "Polar bear", "snow", "St James's Park", "zzxqv", "London", "kittens"]
    labels = [list(rng.choice(terms, size=rng.integers(0, 6), replace=False)) for _ in range(500)]
    scores = [rng.random(len(row)).tolist() for row in labels]

    asked = ThreeWords()
    vectorizer = LabelVectorizer(asked)
    for _ in range(3):
        vectorizer.transform([["snow", "bear"]] * 1000, [[0.5, 0.5]] * 1000)
    assert sorted(asked.asked) == ["bear", "snow"]

    whole = label_vectors(labels, scores, built_in_words())
    vectorizer = LabelVectorizer(built_in_words())
    chunks = [vectorizer.transform(labels[i : i + 7], scores[i : i + 7]) for i in range(0, 500, 7)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


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


@pytest.fixture
def two_spaces():
    """300 images: of 3 meanings told by short vectors, and of 3 looks told by long ones, independent of each other."""
    rng = np.random.default_rng(1)
    meaning, look = rng.integers(0, 3, 300), rng.integers(0, 3, 300)
    labels = np.eye(3, 8)[meaning] * 0.1 + rng.normal(0, 0.01, (300, 8)) + 1.0
    visual = np.eye(3, 16)[look] * 40 + rng.normal(0, 4, (300, 16))
    return labels.astype(np.float32), visual.astype(np.float32), meaning, look


def squared_distances(vectors):
    vectors = vectors.astype(np.float64)
    return ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)


def same_among_nearest(vectors, classes, k=10):
    distances = squared_distances(vectors)
    np.fill_diagonal(distances, np.inf)
    return (classes[np.argsort(distances, axis=1)[:, :k]] == classes[:, None]).mean()


def test_weight_0_is_by_labels_and_weight_1_by_look_to_the_bit(two_spaces):
    labels, visual, _meaning, _look = two_spaces
    np.testing.assert_array_equal(mix_vectors(labels, visual, visual_weight=0), labels)
    np.testing.assert_array_equal(mix_vectors(labels, visual, visual_weight=1), visual)


@pytest.mark.parametrize("weight", [0.1, 0.5, 0.8])
def test_squared_distances_are_the_weighted_sum_of_both_spaces_at_one_scale(two_spaces, weight):
    labels, visual, _meaning, _look = two_spaces
    mixed = mix_vectors(labels, visual, visual_weight=weight)
    assert mixed.shape == (300, 24) and mixed.dtype == np.float32
    others = ~np.eye(300, dtype=bool)
    by_labels, by_look = squared_distances(labels), squared_distances(visual)
    expected = (1 - weight) * by_labels / by_labels[others].mean() + weight * by_look / by_look[others].mean()
    np.testing.assert_allclose(squared_distances(mixed), expected, atol=1e-4)


def test_neighbours_go_from_meaning_to_look_as_the_weight_grows(two_spaces):
    labels, visual, meaning, look = two_spaces
    mixes = [mix_vectors(labels, visual, visual_weight=weight) for weight in (0.0, 0.02, 0.5, 0.98, 1.0)]
    by_meaning = [same_among_nearest(mix, meaning) for mix in mixes]
    by_look = [same_among_nearest(mix, look) for mix in mixes]
    assert by_meaning[0] > 0.99 and by_meaning[-1] < 0.5
    assert by_look[-1] > 0.99 and by_look[0] < 0.5
    assert by_meaning[2] > 0.99 and by_look[2] > 0.99, "half and half keeps both"
    assert by_meaning[1] > 0.99 and by_look[1] < 0.9
    assert by_look[3] > 0.99 and by_meaning[3] < 0.9


def test_an_image_that_lacks_one_space_is_placed_by_the_other(two_spaces):
    labels, visual, meaning, _look = two_spaces
    visual[:30] = 0  # could not be read
    labels[30] = visual[30] = 0
    mixed = mix_vectors(labels, visual, visual_weight=0.5)
    assert not mixed[:30, 8:].any() and mixed[:30, :8].any(axis=1).all()
    assert not mixed[30].any()
    assert abs(mixed[31:, 8:].mean(axis=0)).max() < 1e-5, "the middle of a space is 0"
    unread = np.flatnonzero(np.arange(300) < 30)
    distances = squared_distances(mixed)[unread]
    distances[np.arange(30), unread] = np.inf
    nearest_read = np.argsort(distances[:, 31:], axis=1)[:, :10] + 31
    assert (meaning[nearest_read] == meaning[unread][:, None]).mean() > 0.95


def test_a_space_that_tells_nothing_apart_adds_nothing():
    labels = np.eye(4, dtype=np.float32)
    mixed = mix_vectors(labels, np.ones((4, 2), dtype=np.float32), visual_weight=0.5)
    assert np.isfinite(mixed).all() and not mixed[:, 4:].any()
    assert mix_vectors(labels[:0], labels[:0], visual_weight=0.5).shape == (0, 8)


def test_a_mix_of_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="the same images, got 2 by labels and 3 by look"):
        mix_vectors(np.zeros((2, 4), np.float32), np.zeros((3, 4), np.float32), visual_weight=0.5)
    with pytest.raises(ValueError, match=r"from 0 \(meaning\) to 1 \(look\), got 1\.5"):
        mix_vectors(np.zeros((2, 4), np.float32), np.zeros((2, 4), np.float32), visual_weight=1.5)
