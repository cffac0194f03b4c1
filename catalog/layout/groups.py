"""Groups of neighbours: k-means on the positions, as many as are asked for or as stand apart best."""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

N_STARTS = (
    4  # k-means++ starts; the best of four came within 1 % of the best of forty (6,300 points in 40 balls, 4 seeds)
)
AUTO_MIN_K = 8
AUTO_MAX_K = 40
# The silhouette compares all pairs of the sample: all 33 values of k take 4 s for 4,000 points on one core.
AUTO_SAMPLE = 4_000
# On maps of real libraries the silhouette is a plateau (Tate: 0.36 to 0.385 from 18 groups to 40) on which single starts of k-means
# wander by 0.01; so three neighbouring k are judged together, and the fewest groups within that reach of the best are taken.
AUTO_WINDOW = 3
AUTO_TOLERANCE = 0.01
# The last build's groups are given up only for ones whose sum of squares is this much lower. Ten steps of 1 % more images, each moved by
# 1 % of the radius: groups kept from step to step have an adjusted Rand index of 0.96 (0.81 anew) and a sum at most 2.8 % higher.
KEEP_PREVIOUS_WITHIN = 0.05

NONE = -1
_APART = -1
_FIRST_EXTRA = -2  # while groups are sought, extra group e is -2 - e and the unknown ones -1; k-means counts from 0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Groups:
    """Which image belongs to which group; groups are numbered from the largest down."""

    assignments: NDArray[np.int32]
    """int32 (n_samples,), values in [0, k)."""
    centroids: Floats
    """float32 (k, 3), the mean position of each group."""
    extra: NDArray[np.int32]
    """int32 (k,), for each group the number of the extra group that it is, -1 for all others."""

    @property
    def k(self) -> int:
        return len(self.centroids)


def fit_k(k: int, n_samples: int) -> int:
    """Return how many groups to make: k, but at most sqrt(n_samples / 2), and at least 1.

    So 10 images make 2 groups, 100 make 7, 250 make 11; from 1,250 on there are 25.
    """
    return max(1, min(k, round(math.sqrt(n_samples / 2))))


def compute_groups(
    positions: ArrayLike,
    *,
    k: int | None = 25,
    random_state: int = 0,
    apart: ArrayLike | None = None,
    extra: ArrayLike | None = None,
    previous: ArrayLike | None = None,
) -> Groups:
    """Divide positions into groups by k-means.

    Fewer groups come back for few images (`fit_k`), and never more than there are different positions. One thread does the
    work, so the same input and seed always give the same groups. A million positions take 13 s for 40 groups.

    With `previous`, k-means starts from the groups that people know, and a fresh start must do better by 5 % of the sum
    of squares to replace them: a few new images do not divide the map anew.

    Parameters
    ----------
    positions: (n_samples, 3), finite, at least one row.
    k: wanted number of groups, at least 1; None for as many as `choose_k` finds.
    random_state: seed of the k-means++ starts.
    apart: bool (n_samples,), images that make one group of their own, whatever their positions: those of which nothing is
        known, which k-means would cut into slices that mean nothing.
    extra: integers (n_samples,), as of `extra_groups`: images with the same number of at least 0 make a group of their own besides the
        k, whatever their positions; -1 for all others. It outweighs `apart`.
    previous: integers (n_samples,), the group of each image in the last build, in any numbering from 0; -1 where it is new.

    Returns
    -------
    Groups, none of them empty.

    Raises
    ------
    ValueError: no positions, wrong shapes, numbers that are not finite, or k below 1.
    """
    places = np.asarray(positions, dtype=np.float32)
    if places.ndim != 2 or places.shape[1] != 3 or len(places) == 0:
        raise ValueError(f"Expected positions of shape (n_samples, 3) with at least one row, got {places.shape}.")
    if not np.isfinite(places).all():
        raise ValueError("Expected finite positions, got NaN or infinite ones: lay the images out again.")
    if k is not None and k < 1:
        raise ValueError(f"Expected k of at least 1, got {k}.")
    n_samples = len(places)
    alone = _one_each(apart, False, n_samples, "apart")
    asked_for = _one_each(extra, NONE, n_samples, "extra")
    before = _one_each(previous, NONE, n_samples, "previous")

    found = np.where(asked_for >= 0, _FIRST_EXTRA - asked_for, _APART)
    ordinary = (asked_for < 0) & ~alone
    if ordinary.any():
        found[ordinary] = _k_means(places[ordinary], k, random_state, before[ordinary])
    return _by_size(found, places)


def choose_k(positions: ArrayLike, *, random_state: int = 0, previous: int | None = None) -> int:
    """Return the number of groups, 8 to 40, that stand apart best; fewer for few images (`fit_k`).

    The criterion is the mean silhouette (Rousseeuw, J. Comput. Appl. Math. 20, 1987) of k-means with k groups on a seeded sample of
    4,000 positions: of all windows of three neighbouring k the first whose mean comes within 0.01 of the best window's, and in it
    the best k. `previous` is kept if a window around it comes within that reach.

    Parameters
    ----------
    positions: (n_samples, 3), finite, at least one row.
    random_state: seed of the sample and of the k-means++ starts.
    previous: the last build's number of groups, if any.

    Raises
    ------
    ValueError: no positions.
    """
    places = np.asarray(positions, dtype=np.float32)
    n_samples = len(places)
    if n_samples == 0:
        raise ValueError("Expected at least one position to choose k for, got none.")
    most = fit_k(AUTO_MAX_K, n_samples)
    least = min(AUTO_MIN_K, most)
    sample = places
    if n_samples > AUTO_SAMPLE:
        sample = places[np.sort(np.random.default_rng(random_state).permutation(n_samples)[:AUTO_SAMPLE])]
    most = min(most, len(np.unique(sample, axis=0)) - 1)  # silhouettes are defined for 2 to n - 1 groups
    candidates = np.arange(max(least, 2), most + 1)
    if len(candidates) < 2:
        return max(1, min(least, most + 1))

    silhouettes = _silhouettes(sample, candidates, random_state)
    width = min(AUTO_WINDOW, len(candidates))
    windows = np.lib.stride_tricks.sliding_window_view(silhouettes, width)
    good = np.flatnonzero(windows.mean(axis=1) >= windows.mean(axis=1).max() - AUTO_TOLERANCE)
    if previous is not None and any(previous in candidates[first : first + width] for first in good):
        return previous
    return int(candidates[good[0] + windows[good[0]].argmax()])


def _one_each(values: ArrayLike | None, default: bool | int, n_samples: int, name: str) -> NDArray[Any]:
    dtype = type(default)
    array = np.full(n_samples, default, dtype=dtype) if values is None else np.asarray(values, dtype=dtype)
    if array.shape != (n_samples,):
        raise ValueError(f"Expected {name} of shape ({n_samples},), one per position, got {array.shape}.")
    return array


def _silhouettes(sample: Floats, candidates: NDArray[np.int64], random_state: int) -> NDArray[np.float64]:
    """Return the mean silhouette of k-means for each k, float64 (n_candidates,)."""
    from sklearn.metrics import pairwise_distances, silhouette_score

    distances = pairwise_distances(sample)
    values = np.full(len(candidates), -1.0)
    for row, k in enumerate(candidates.tolist()):
        found = _fit(sample, random_state, n_clusters=k, n_init=N_STARTS).labels_
        if len(np.unique(found)) > 1:
            values[row] = silhouette_score(distances, found, metric="precomputed")
    return values


def _k_means(places: Floats, k: int | None, random_state: int, before: NDArray[Any]) -> NDArray[np.integer]:
    """Return a group for each place, numbered in no order from 0; some numbers may be missing."""
    known = before >= 0
    _, before = np.unique(before[known], return_inverse=True)
    n_before = int(before.max()) + 1 if known.any() else None
    n_groups = choose_k(places, random_state=random_state, previous=n_before) if k is None else fit_k(k, len(places))
    distinct, place_of = np.unique(places, axis=0, return_inverse=True)
    if len(distinct) <= n_groups:
        return np.asarray(place_of.ravel())  # each place is its own group; k-means would only warn
    fresh = _fit(places, random_state, n_clusters=n_groups, n_init=N_STARTS)
    if n_before is None:
        return np.asarray(fresh.labels_)
    start = _means(places[known], before)
    start = _fit_number(start, np.bincount(before), distinct, n_groups, random_state)
    kept = _fit(places, random_state, n_clusters=n_groups, n_init=1, init=start)
    return np.asarray((kept if kept.inertia_ <= (1 + KEEP_PREVIOUS_WITHIN) * fresh.inertia_ else fresh).labels_)


def _fit_number(centres: Floats, sizes: NDArray[np.int64], places: Floats, n_groups: int, random_state: int) -> Floats:
    """Drop the centres of the smallest groups, or add new ones by k-means++'s rule, until there are n_groups."""
    largest = np.sort(np.argsort(-sizes, kind="stable")[:n_groups])
    centres = centres[largest]
    rng = np.random.default_rng(random_state)
    squared = np.full(len(places), np.inf)
    for centre in centres:
        squared = np.minimum(squared, ((places - centre) ** 2).sum(axis=1))
    while len(centres) < n_groups:
        added = places[rng.choice(len(places), p=squared / squared.sum())]
        squared = np.minimum(squared, ((places - added) ** 2).sum(axis=1))
        centres = np.vstack((centres, added))
    return centres


def _fit(places: Floats, random_state: int, **settings: Any) -> Any:
    """Return scikit-learn's KMeans, fitted by one thread."""
    # A second of imports that only a build needs.
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with threadpool_limits(limits=1), warnings.catch_warnings():
        # Places that differ only in rounding leave groups empty; `_by_size` numbers those that are left.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(random_state=random_state, **settings).fit(places)


def _by_size(found: NDArray[np.integer], places: Floats) -> Groups:
    """Renumber groups: largest first, equal ones by their first image."""
    numbers, first, inverse, sizes = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    assignments = rank[inverse.ravel()]
    extra = np.where(numbers <= _FIRST_EXTRA, _FIRST_EXTRA - numbers, NONE)[order].astype(np.int32)
    return Groups(assignments, _means(places, assignments), extra)


def _means(places: Floats, groups: NDArray[np.integer]) -> Floats:
    sizes = np.bincount(groups)
    sums = np.column_stack([np.bincount(groups, weights=places[:, axis]) for axis in range(places.shape[1])])
    return (sums / sizes[:, None]).astype(np.float32)
