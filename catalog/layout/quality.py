"""How well a layout keeps neighbours together, how its groups stand apart, and how far it moved since the last one.

Trustworthiness is Venna and Kaski's ("Neighborhood preservation in nonlinear projection methods", ICANN 2001), silhouette
is Rousseeuw's (J. Comput. Appl. Math. 20, 1987). Both, and recall, are means over sampled images, with their standard errors.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float32]

N_NEIGHBOURS = 10
N_QUERIES = 1_000  # the standard error of a recall near 0.5 is then about half a percent
SILHOUETTE_SAMPLE = 5_000  # it compares all pairs of the sample, in 0.7 s
ROWS_A_BLOCK = 8_192  # 1,000 queries x 8,192 rows of float32 are 33 MB
# As a share of the sum of two squared norms: of 16 to 2,048 features, float32 squared distances were wrong by at most 8e-7 of it.
TIE = 4e-6
# Shares of the galaxy's radius between which moved images are counted; what moved farther than the last is counted with it.
MOVED_EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def measure_quality(
    vectors: ArrayLike,
    positions: ArrayLike,
    assignments: ArrayLike,
    *,
    layout_positions: ArrayLike | None = None,
    previous_positions: ArrayLike | None = None,
    random_state: int = 0,
) -> dict[str, Any]:
    """Measure a layout, on samples where all images would be too many.

    Which neighbours are kept is asked of 1,000 sampled images and answered among all: the 10 nearest on the map of each are
    ranked by vector distance among all other images. Identical vectors make ties, and no layout can guess which ten of a
    hundred equals were meant, so a neighbour's rank is one more than the number of images strictly nearer by vector:
    it is among the ten most alike exactly if it is no farther than the tenth. One pass over the vectors in blocks does it,
    so memory beyond the input stays near 100 MB for any number of images.

    Parameters
    ----------
    vectors: (n_samples, n_features), what was laid out.
    positions: (n_samples, 3), what is shown.
    assignments: (n_samples,), groups from 0.
    layout_positions: (n_samples, 3), t-SNE's own positions, before piles were loosened.
    previous_positions: (n_samples, 3), where the last map showed each image, NaN for those that are new. Movement is taken as
        given: align the new map with the old one first.
    random_state: seed of the samples.

    Returns
    -------
    A dict fit for JSON, under 10 KB for 255 groups. What so few images (or groups) do not define, or what was not given, is None:
    trustworthiness: 0 to 1; 1 minus the scaled mean of how far beyond 10 the neighbours on the map rank (beyond fewer than
        10 where there are fewer than 21 images).
    knn_recall_at_10: 0 to 1; which part of the 10 nearest on the map ranks among the 10 most alike.
    knn_recall_at_10_before_spreading: the same of `layout_positions`.
    silhouette: -1 to 1, of 5,000 sampled images, on `positions`.
    standard_errors: for each of the four its standard error, 0 where every image was asked.
    n_queries: images asked for their neighbours.
    group_sizes: images per group.
    group_silhouettes: mean silhouette per group; None for groups with fewer than two images in the sample.
    moved: how far images moved since `previous_positions`, as shares of the galaxy's radius (95th percentile of the distance to
        the centroid): median, p95, n_shared (images on both maps), and a histogram: edges (lower ones) and counts.

    Raises
    ------
    ValueError: no image, numbers of rows that differ, or positions that are not 3-D.
    """
    x, y = np.asarray(vectors, dtype=np.float32), np.asarray(positions, dtype=np.float32)
    groups = np.asarray(assignments, dtype=np.int64)
    if len(x) == 0:
        raise ValueError("Expected at least one image to measure, got none.")
    if not len(x) == len(y) == len(groups):
        raise ValueError(f"Expected as many vectors as positions and groups, got {len(x)}, {len(y)} and {len(groups)}.")
    maps = {"positions": y}
    for name, given in (("layout_positions", layout_positions), ("previous_positions", previous_positions)):
        if given is not None:
            maps[name] = np.asarray(given, dtype=np.float32)
    for name, places in maps.items():
        if places.shape != (len(x), 3):
            raise ValueError(f"Expected {name} of shape ({len(x)}, 3), one row a vector, got {places.shape}.")

    rng = np.random.default_rng(random_state)
    queries = _sample(len(x), N_QUERIES, rng)
    ranked = [maps[name] for name in ("positions", "layout_positions") if name in maps]
    ranks = _neighbour_ranks(x, ranked, queries)
    silhouettes = _silhouettes(y, groups, _sample(len(y), SILHOUETTE_SAMPLE, rng))
    measured = {
        "trustworthiness": _trustworthiness(ranks[0], len(x)),
        "knn_recall_at_10": _knn_recall(ranks[0], len(x)),
        "knn_recall_at_10_before_spreading": _knn_recall(ranks[1], len(x)) if len(ranks) > 1 else None,
        "silhouette": silhouettes[0],
    }
    sizes = np.bincount(groups).tolist()
    return {
        **{name: _rounded_mean(values) for name, values in measured.items()},
        "standard_errors": {name: _standard_error(values, len(x)) for name, values in measured.items()},
        "n_queries": len(queries),
        "group_sizes": sizes,
        "group_silhouettes": _group_means(*silhouettes, len(sizes)),
        "moved": _moved(y, maps["previous_positions"]) if "previous_positions" in maps else None,
    }


def knn_recall(
    vectors: ArrayLike,
    positions: ArrayLike,
    *,
    n_queries: int = N_QUERIES,
    queries: NDArray[np.int64] | None = None,
    random_state: int = 0,
) -> float:
    """Return which part of the 10 nearest on the map ranks among the 10 most alike, as `measure_quality` has it, 0 to 1.

    Parameters
    ----------
    vectors, positions: (n_samples, n_features) and (n_samples, 3), more than 11 rows.
    n_queries: how many sampled images are asked; in portions, so memory stays near 100 MB.
    queries: which images are asked instead, int64.
    """
    x, y = np.asarray(vectors, dtype=np.float32), np.asarray(positions, dtype=np.float32)
    if queries is None:
        queries = _sample(len(x), n_queries, np.random.default_rng(random_state))
    portions = [queries[start : start + N_QUERIES] for start in range(0, len(queries), N_QUERIES)]
    ranks = np.concatenate([_neighbour_ranks(x, [y], portion)[0] for portion in portions])
    return float((ranks <= N_NEIGHBOURS).mean())


def _sample(n_samples: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.permutation(n_samples)[:size])


def _rounded_mean(values: NDArray[np.float64] | None) -> float | None:
    return None if values is None else round(float(values.mean()), 4)


def _standard_error(values: NDArray[np.float64] | None, n_samples: int) -> float | None:
    """Of the mean of some of n_samples values, drawn without replacement."""
    if values is None:
        return None
    left_out = 1 - len(values) / n_samples
    return round(float(values.std() * np.sqrt(left_out / len(values))), 5)


def _trustworthiness(ranks: NDArray[np.int64], n_samples: int) -> NDArray[np.float64] | None:
    """Return each query's share in the trustworthiness, whose mean it is."""
    k = min(N_NEIGHBOURS, (n_samples - 1) // 2)  # the measure is defined below n / 2 neighbours
    if k < 1:
        return None
    excess = np.maximum(ranks[:, :k] - k, 0).sum(axis=1)
    return np.asarray(1 - excess * 2 / (k * (2 * n_samples - 3 * k - 1)))


def _knn_recall(ranks: NDArray[np.int64], n_samples: int) -> NDArray[np.float64] | None:
    if n_samples <= N_NEIGHBOURS + 1:  # then everything is everyone's neighbour
        return None
    return np.asarray((ranks <= N_NEIGHBOURS).mean(axis=1))


def _neighbour_ranks(x: Floats, maps: list[Floats], queries: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """For each map rank each query's 10 nearest on it by vector distance, 1 the nearest; int64 (n_queries, at most 10)."""
    found = [_nearest_on_map(places, queries) for places in maps]
    mean = x.mean(axis=0, dtype=np.float64).astype(np.float32)  # distances between small numbers lose less to rounding
    asked = x[queries] - mean
    asked_squares = np.einsum("ij,ij->i", asked, asked)
    limits = [_nearer_than(asked[:, None], x[neighbours] - mean) for neighbours in found]
    nearer = [np.zeros(neighbours.shape, dtype=np.int64) for neighbours in found]
    for start in range(0, len(x), ROWS_A_BLOCK):
        block = x[start : start + ROWS_A_BLOCK] - mean
        distances = asked @ (-2 * block.T)
        distances += asked_squares[:, None]
        distances += np.einsum("ij,ij->i", block, block)
        own = np.flatnonzero((queries >= start) & (queries < start + len(block)))
        distances[own, queries[own] - start] = np.inf
        for limit, count in zip(limits, nearer, strict=True):
            for column in range(limit.shape[1]):
                count[:, column] += np.count_nonzero(distances < limit[:, column, None], axis=1)
    return [count + 1 for count in nearer]


def _nearer_than(asked: Floats, others: Floats) -> Floats:
    """Return for each pair of vectors the squared distance below which an image is strictly nearer, rounding allowed for."""
    apart, own, other = (np.einsum("...i,...i->...", rows, rows) for rows in (asked - others, asked, others))
    return np.asarray(apart - TIE * (own + other))


def _nearest_on_map(places: Floats, queries: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the 10 nearest other images of each query (fewer if there are fewer), nearest first; int64."""
    k = min(N_NEIGHBOURS, len(places) - 1)
    if k < 1:
        return np.zeros((len(queries), 0), dtype=np.int64)
    _, found = cKDTree(places).query(places[queries], k=k + 1)
    # Among images in the same spot a query need not find itself first, or at all: take out what is there, else the farthest.
    itself = found == queries[:, None]
    itself[~itself.any(axis=1), -1] = True
    return np.asarray(found[~itself].reshape(len(queries), k))


def _silhouettes(
    y: Floats, groups: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.float64] | None, NDArray[np.int64]]:
    """Return the silhouettes of the chosen images among themselves, None where there is one group only, and their groups."""
    from sklearn.metrics import silhouette_samples

    owners = groups[chosen]
    if not 2 <= len(np.unique(owners)) < len(chosen):
        return None, owners
    return np.asarray(silhouette_samples(y[chosen], owners), dtype=np.float64), owners


def _group_means(
    silhouettes: NDArray[np.float64] | None, owners: NDArray[np.int64], n_groups: int
) -> list[float | None]:
    if silhouettes is None:
        return [None] * n_groups
    counts = np.bincount(owners, minlength=n_groups)
    means = np.bincount(owners, silhouettes, minlength=n_groups) / np.maximum(counts, 1)
    return [round(float(mean), 3) if count > 1 else None for mean, count in zip(means, counts, strict=True)]


def _moved(y: Floats, previous: Floats) -> dict[str, Any] | None:
    shared = np.isfinite(previous).all(axis=1)
    radius = np.quantile(np.linalg.norm(y - y.mean(axis=0, dtype=np.float64), axis=1), 0.95)
    if not shared.any() or radius == 0:
        return None
    shares = np.linalg.norm(y[shared] - previous[shared], axis=1) / radius
    counts, _ = np.histogram(shares, bins=[*MOVED_EDGES, np.inf])
    return {
        "median": round(float(np.median(shares)), 5),
        "p95": round(float(np.quantile(shares, 0.95)), 5),
        "n_shared": int(shared.sum()),
        "histogram": {"edges": list(MOVED_EDGES), "counts": counts.tolist()},
    }
