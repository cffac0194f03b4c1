"""Why an image lies where it lies: which of its labels make it like its neighbours, and how much is in the look."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def label_shares(
    rows: NDArray[np.int64], neighbours: NDArray[np.int64], weights: Any, term_vectors: Floats
) -> list[list[tuple[int, float]]]:
    """Return how much each label of an image has to do with its likeness to its neighbours.

    An image's vector is the mean of its labels' vectors w, weighted with their scores s; so its likeness to the mean m of its
    neighbours' vectors is, up to a factor, the sum over its labels of s (w . m). A label's share is its term of that sum over all terms
    above 0. Labels that pull elsewhere have none.

    Parameters
    ----------
    rows: (n,), the images asked about, rows of `weights`.
    neighbours: (n, k), rows of their neighbours, -1 for none.
    weights: sparse CSR array (n_images, n_terms), the score of each label.
    term_vectors: float32 (n_terms, n_features), rows of length one, as of `label_vector`.

    Returns
    -------
    For each image (column, share), the largest first, equal ones by column; the shares sum to 1, or there are none.
    """
    means = _mean_vectors(neighbours, weights, term_vectors)
    own = weights[rows]
    lengths = np.diff(own.indptr)
    owner = np.repeat(np.arange(len(rows)), lengths)
    pulls = np.einsum("ij,ij->i", term_vectors[own.indices], means[owner]) * own.data
    pulls = np.maximum(pulls, 0.0)
    totals = np.bincount(owner, weights=pulls, minlength=len(rows))
    shares = pulls / np.where(totals > 0, totals, 1.0)[owner]
    found: list[list[tuple[int, float]]] = []
    for start, stop in zip(own.indptr[:-1].tolist(), own.indptr[1:].tolist(), strict=True):
        pairs = zip(own.indices[start:stop].tolist(), shares[start:stop].tolist(), strict=True)
        found.append(sorted(((c, s) for c, s in pairs if s > 0), key=lambda pair: (-pair[1], pair[0])))
    return found


def visual_shares(
    rows: NDArray[np.int64], neighbours: NDArray[np.int64], vectors: NDArray[Any], n_label_features: int
) -> NDArray[np.float64]:
    """Return which part of an image's likeness to its neighbours is in how they look, float64 (n,), 0 to 1.

    Parameters
    ----------
    rows, neighbours: as for `label_shares`; rows of `vectors`.
    vectors: float (n_images, n_features), what was laid out: of `mix_vectors`, meaning first.
    n_label_features: how many of the features are meaning; the others are look.
    """
    known = neighbours >= 0
    around = vectors[np.where(known, neighbours, 0)].astype(np.float64) * known[:, :, None]
    products = vectors[rows].astype(np.float64) * around.sum(axis=1)
    meaning = np.maximum(products[:, :n_label_features].sum(axis=1), 0.0)
    look = np.maximum(products[:, n_label_features:].sum(axis=1), 0.0)
    return np.asarray(look / np.where(meaning + look > 0, meaning + look, 1.0))


def _mean_vectors(neighbours: NDArray[np.int64], weights: Any, term_vectors: Floats) -> NDArray[np.float64]:
    """Return the mean label vector of each row's neighbours; those without labels count as zero."""
    known = neighbours >= 0
    labels = weights[neighbours[known]]
    totals = np.asarray(labels.sum(axis=1)).ravel()
    vectors = (labels @ term_vectors) / np.where(totals > 0, totals, 1.0)[:, None]
    sums = np.zeros((len(neighbours), term_vectors.shape[1]))
    np.add.at(sums, np.nonzero(known)[0], vectors)
    return np.asarray(sums / np.maximum(known.sum(axis=1), 1)[:, None])
