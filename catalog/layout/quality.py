"""How well a layout keeps neighbours together."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_NEIGHBOURS = 10
TRUSTWORTHINESS_SAMPLE = 2_000  # it compares all pairs: 2,000 take 0.4 s, 4,000 take 1.5 s
RECALL_QUERIES = 1_000  # the standard error of a recall near 0.5 is then about half a percent
SILHOUETTE_SAMPLE = 5_000


def measure_quality(
    vectors: ArrayLike, positions: ArrayLike, assignments: ArrayLike, *, random_state: int = 0
) -> dict[str, Any]:
    """Measure a layout on a bounded random sample.

    Parameters
    ----------
    vectors: (n_samples, n_features), what was laid out.
    positions: (n_samples, 3).
    assignments: (n_samples,), groups from 0.
    random_state: seed of the samples.

    Returns
    -------
    A dict fit for JSON; a measure that so few images (or groups) do not define is None:
    trustworthiness: 0 to 1, of a sample, 10 neighbours (fewer below 21 images).
    knn_recall_at_10: 0 to 1, of sampled images: which part of their 10 nearest by vector is among the 10 nearest by position,
        searched among all images. Identical vectors make ties, and no layout can guess which ten of a hundred were meant.
    silhouette: -1 to 1, of a sample, on the positions.
    group_sizes: images per group.

    Raises
    ------
    ValueError: numbers of rows that differ.
    """
    x, y = np.asarray(vectors, dtype=np.float32), np.asarray(positions, dtype=np.float32)
    groups = np.asarray(assignments, dtype=np.int64)
    if not len(x) == len(y) == len(groups):
        raise ValueError(f"Expected as many vectors as positions and groups, got {len(x)}, {len(y)} and {len(groups)}.")
    rng = np.random.default_rng(random_state)
    return {
        "trustworthiness": _trustworthiness(x, y, rng),
        "knn_recall_at_10": _knn_recall(x, y, rng),
        "silhouette": _silhouette(y, groups, rng),
        "group_sizes": np.bincount(groups).tolist() if len(groups) else [],
    }


def _sample(n_samples: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.permutation(n_samples)[:size])


def _trustworthiness(x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator) -> float | None:
    from sklearn.manifold import trustworthiness

    chosen = _sample(len(x), TRUSTWORTHINESS_SAMPLE, rng)
    n_neighbours = min(N_NEIGHBOURS, (len(chosen) - 1) // 2)  # the measure is defined below n / 2 neighbours
    if n_neighbours < 1:
        return None
    return round(float(trustworthiness(x[chosen], y[chosen], n_neighbors=n_neighbours)), 4)


def _knn_recall(x: NDArray[np.float32], y: NDArray[np.float32], rng: np.random.Generator) -> float | None:
    if len(x) <= N_NEIGHBOURS + 1:  # then everything is everyone's neighbour
        return None
    queries = _sample(len(x), RECALL_QUERIES, rng)
    wanted, got = _neighbours(x, queries), _neighbours(y, queries)
    kept = (wanted[:, :, None] == got[:, None, :]).any(axis=2)
    return round(float(kept.mean()), 4)


def _neighbours(points: NDArray[np.float32], queries: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the 10 nearest other points of each query, int64 (n_queries, 10)."""
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=N_NEIGHBOURS + 1, algorithm="brute").fit(points)
    found = index.kneighbors(points[queries], return_distance=False)
    # Among identical points a query need not find itself first, or at all: take out what is there, else the farthest.
    itself = found == queries[:, None]
    itself[~itself.any(axis=1), -1] = True
    return np.asarray(found[~itself].reshape(len(queries), N_NEIGHBOURS))


def _silhouette(y: NDArray[np.float32], groups: NDArray[np.int64], rng: np.random.Generator) -> float | None:
    from sklearn.metrics import silhouette_score

    chosen = _sample(len(y), SILHOUETTE_SAMPLE, rng)
    n_groups = len(np.unique(groups[chosen]))
    if not 2 <= n_groups < len(chosen):
        return None
    return round(float(silhouette_score(y[chosen], groups[chosen])), 4)
