"""Which of many vectors are nearest to one: exactly by a product of all, or first by the signs of their components."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCK = 16_384  # rows taken from float16 at a time


def best_rows(scores: NDArray[np.floating], n: int) -> NDArray[np.int64]:
    """Return the rows of the `n` highest scores, int64 (min(n, len),), the highest first and equal ones by row."""
    n = min(n, len(scores))
    if n <= 0:
        return np.empty(0, dtype=np.int64)
    least = np.partition(scores, len(scores) - n)[len(scores) - n]
    surely = np.flatnonzero(scores > least)
    equal = np.flatnonzero(scores == least)[: n - len(surely)]
    rows = np.sort(np.concatenate([surely, equal]))
    return np.asarray(rows[np.argsort(-scores[rows], kind="stable")], dtype=np.int64)


def products(vectors: NDArray[np.floating], weights: Floats) -> Floats:
    """Return `vectors @ weights` as float32 (n,); rows in float16 are taken in blocks, so that no second table is held."""
    if vectors.dtype == np.float32:
        return np.asarray(vectors @ weights, dtype=np.float32)
    made = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        made[start : start + BLOCK] = vectors[start : start + BLOCK].astype(np.float32) @ weights
    return made


def sign_codes(vectors: NDArray[np.floating], middle: Floats) -> NDArray[np.uint64]:
    """Return one bit a component: whether it lies above the middle. uint64 (n, n_features / 64).

    Two vectors at an angle a differ in about a / pi of the bits (Charikar, "Similarity estimation techniques from rounding
    algorithms", 2002, for random directions; components of a rotation do as well). Taken from the mean: components that are
    positive in nearly every picture would tell nothing.

    Parameters
    ----------
    vectors: (n, n_features), n_features a multiple of 64.
    middle: float32 (n_features,), the mean of the vectors that are compared.
    """
    if vectors.shape[1] % 64:
        raise ValueError(f"Expected a multiple of 64 features, got {vectors.shape[1]}.")
    codes = np.empty((len(vectors), vectors.shape[1] // 64), dtype=np.uint64)
    for start in range(0, len(vectors), BLOCK):
        bits = np.packbits(vectors[start : start + BLOCK] > middle, axis=1)
        codes[start : start + BLOCK] = bits.view(np.uint64)
    return codes


def nearest_by_signs(codes: NDArray[np.uint64], code: NDArray[np.uint64], n: int) -> NDArray[np.int64]:
    """Return the rows of the `n` codes that differ from one code in the fewest bits, int64, in no order."""
    if n >= len(codes):
        return np.arange(len(codes))
    distances = np.bitwise_count(codes ^ code).sum(axis=1, dtype=np.int16)
    return np.asarray(np.argpartition(distances, n)[:n], dtype=np.int64)
