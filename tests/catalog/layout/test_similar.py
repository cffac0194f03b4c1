"""The nearest of many vectors: exactly, and by signs where there are too many."""

import numpy as np
import pytest

from catalog.layout import best_rows, nearest_by_signs, products, sign_codes


def clouds(n: int, n_features: int = 256, *, offset: float = 1) -> np.ndarray:
    """Rows of length one in 50 heaps; with an offset most components are positive, as those of real features are."""
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(50, n_features)) + offset
    rows = middles[rng.integers(0, 50, n)] + 0.7 * rng.normal(size=(n, n_features))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_the_best_come_first_and_equal_ones_in_their_order():
    assert best_rows(np.array([0.1, 0.9, 0.5, 0.9, 0.5, 0.5]), 4).tolist() == [1, 3, 2, 4]
    assert best_rows(np.array([0.1, 0.9]), 9).tolist() == [1, 0]
    assert best_rows(np.array([]), 3).tolist() == [] and best_rows(np.array([1.0]), 0).tolist() == []


def test_half_precision_gives_the_same_products_without_a_second_table():
    vectors = clouds(40_000)
    np.testing.assert_allclose(
        products(vectors.astype(np.float16), vectors[7]), products(vectors, vectors[7]), atol=2e-3
    )


def test_signs_find_nearly_all_of_the_truly_nearest():
    vectors = clouds(20_000)
    middle = vectors.mean(axis=0)
    codes = sign_codes(vectors, middle)
    found = []
    for row in range(0, 1000, 50):
        near = nearest_by_signs(codes, codes[row], 2000)
        truth = best_rows(products(vectors, vectors[row]), 50)
        found.append(len(np.intersect1d(near, truth)) / 50)
    assert len(codes[0]) == 4 and np.mean(found) > 0.95


def test_without_the_middle_signs_tell_less():
    vectors = clouds(5_000, offset=4)
    truth = [best_rows(products(vectors, vectors[row]), 20) for row in range(20)]

    def recall(middle: np.ndarray) -> float:
        codes = sign_codes(vectors, middle)
        return np.mean([np.isin(truth[row], nearest_by_signs(codes, codes[row], 100)).mean() for row in range(20)])

    assert recall(vectors.mean(axis=0)) > recall(np.zeros(256, dtype=np.float32))


def test_fewer_codes_than_asked_for_are_all_taken_and_odd_widths_are_refused():
    codes = sign_codes(clouds(10), np.zeros(256, dtype=np.float32))
    assert nearest_by_signs(codes, codes[0], 50).tolist() == list(range(10))
    with pytest.raises(ValueError, match="multiple of 64"):
        sign_codes(np.zeros((1, 100), dtype=np.float32), np.zeros(100, dtype=np.float32))
