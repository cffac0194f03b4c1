"""Codes of 32 bytes find most of what an exact search finds, and later images are coded like the first ones."""

import numpy as np
import pytest

from explorer.artifact.codes import Coder, decode_codes, encode_codes, fit_coder, measure_recall_at_50
from explorer.artifact.format import ArtifactError
from tests.explorer.artifact.test_neighbours import label_vectors


def differing_alike(n: int = 3_000, n_features: int = 128, seed: int = 0) -> np.ndarray:
    """Ten far-apart topics, in each of which images differ along the same twenty directions, but little."""
    rng = np.random.default_rng(seed)
    topics = 3 * rng.normal(size=(10, n_features)) + 5 * rng.normal(size=n_features)
    topics[:, 40:] += 4 * rng.normal(size=(10, n_features - 40))
    own = rng.integers(10, size=n)
    vectors = topics[own] + 0.3 * rng.normal(size=(n, n_features))
    vectors[:, :40] += 0.8 * rng.normal(size=(n, 40))
    return (vectors / 20).astype(np.float16)


def test_the_best_by_code_are_mostly_the_nearest():
    vectors = differing_alike()
    codes = fit_coder(vectors).encode(vectors)

    assert codes.dtype == np.int8
    assert codes.shape == (3_000, 32)
    recall = measure_recall_at_50(vectors, codes, n_queries=200)
    plain = principal_codes(vectors)
    assert recall > 0.6
    assert recall > measure_recall_at_50(vectors, plain, n_queries=200), "better than the first 32 principal components"
    assert measure_recall_at_50(vectors, codes, n_queries=200, n_candidates=200) > 0.9


def principal_codes(vectors: np.ndarray) -> np.ndarray:
    x = vectors.astype(np.float32)
    _, axes = np.linalg.eigh(x.T @ x)
    return Coder(axes[:, :-33:-1].astype(np.float32)).encode(vectors)


def test_chance_finds_next_to_nothing():
    vectors = differing_alike()
    noise = np.random.default_rng(1).integers(-127, 128, (3_000, 32)).astype(np.int8)
    assert measure_recall_at_50(vectors, noise, n_queries=200) < 0.05


def test_a_row_of_zeros_has_a_code_of_zeros_and_all_others_are_as_large_as_can_be():
    vectors = label_vectors(300)
    codes = fit_coder(vectors).encode(vectors)
    known = vectors.any(axis=1)
    assert not codes[~known].any()
    assert (np.abs(codes[known]).max(axis=1) == 127).all()


def test_images_that_come_later_are_coded_by_the_stored_coder_as_the_first_would_have_been():
    vectors = label_vectors(500)
    coder = fit_coder(vectors)

    later = Coder.from_bytes(coder.to_bytes())

    assert (later.encode(vectors[100:110]) == coder.encode(vectors)[100:110]).all()
    assert coder.to_bytes() == fit_coder(vectors).to_bytes(), "the same images, the same coder"


@pytest.mark.parametrize("n", [1, 2, 30])
def test_few_images_or_equal_ones_have_codes_too(n: int):
    for vectors in (label_vectors(n, 16), np.ones((n, 16), dtype=np.float16)):
        codes = fit_coder(vectors).encode(vectors)
        assert codes.shape == (n, 16), "no more numbers than the vectors have"
        assert (codes.any(axis=1) == vectors.any(axis=1)).all()
        assert measure_recall_at_50(vectors, codes) > 0.9


def test_codes_come_back_from_their_file():
    codes = np.random.default_rng(0).integers(-127, 128, (70, 32)).astype(np.int8)
    assert (decode_codes(encode_codes(codes)) == codes).all()
    assert decode_codes(encode_codes(codes[:0])).shape == (0, 32)


def test_errors_say_what_was_expected():
    coder = fit_coder(label_vectors(40, 16))
    with pytest.raises(ArtifactError, match=r"vectors of 16 numbers, got \(3, 8\)"):
        coder.encode(np.ones((3, 8), dtype=np.float16))
    with pytest.raises(ArtifactError, match="GLXK"):
        Coder.from_bytes(encode_codes(np.zeros((2, 32), np.int8)))
