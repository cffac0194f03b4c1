import numpy as np
import pytest
from scipy import sparse

from catalog.layout import label_shares, label_vectors, visual_shares
from catalog.layout.words import unknown_word_vector

TERMS = 4  # 0 and 1 mean much the same, 2 something else, 3 the opposite of 0


def term_vectors():
    a, b, c = np.eye(3, 8, dtype=np.float32)
    near = (a + 0.5 * b) / np.linalg.norm(a + 0.5 * b)
    return np.stack([a, near, c, -a])


def weights(*rows):
    return sparse.csr_array(np.array(rows, dtype=float))


def test_a_label_has_the_share_that_its_vector_has_of_the_likeness():
    table = weights([0.5, 0, 1, 0], [1, 0, 0, 0], [1, 0, 1, 0])
    [shares] = label_shares(np.array([0]), np.array([[1, 2]]), table, term_vectors())
    # The neighbours' mean is 0.75 of term 0 and 0.25 of term 2.
    assert dict(shares) == pytest.approx({0: 0.375 / 0.625, 2: 0.25 / 0.625})
    assert shares[0][0] == 0, "the largest first"


def test_shares_rebuild_the_likeness_of_real_vectors():
    class Words:
        name, n_features = "made of characters", 16

        def vector(self, word):
            return unknown_word_vector(word, 16)

        def knows(self, word):
            return False

    labels, scores = [["cat", "tabby"], ["cat"], ["tabby", "cat"]], [[0.9, 0.4], [0.8], [0.5, 0.5]]
    vectors = label_vectors(labels, scores, Words())
    table = weights([0.9, 0.4], [0.8, 0], [0.5, 0.5])
    of_terms = label_vectors([["cat"], ["tabby"]], [[1.0], [1.0]], Words())
    [shares] = label_shares(np.array([0]), np.array([[1, 2]]), table, of_terms)
    mean = vectors[1:].mean(axis=0)
    pulls = np.array([0.9, 0.4]) * (of_terms @ mean) / 1.3
    assert pulls.sum() == pytest.approx(vectors[0] @ mean, rel=1e-5)
    assert dict(shares) == pytest.approx({0: pulls[0] / pulls.sum(), 1: pulls[1] / pulls.sum()}, rel=1e-5)


def test_what_pulls_elsewhere_has_no_share_and_nothing_is_said_of_the_unlabelled():
    table = weights([1, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0])
    found = label_shares(np.array([0, 2, 0]), np.array([[1, 2], [0, 1], [-1, -1]]), table, term_vectors())
    assert found == [[(0, 1.0)], [], []]


def test_the_look_has_the_share_that_its_features_have():
    vectors = np.array([[1, 0, 0.5, 0], [1, 0, 0, 1], [1, 0, 2, 0], [0, 0, 0, 0]], dtype=np.float16)
    shares = visual_shares(np.array([0, 3]), np.array([[1, 2], [0, 1]]), vectors, 2)
    assert shares == pytest.approx([1 / 3, 0])
