"""Groups of neighbours: k-means on the positions."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

N_STARTS = (
    4  # k-means++ starts; the best of four came within 1 % of the best of forty (6,300 points in 40 balls, 4 seeds)
)


@dataclass(frozen=True)
class Groups:
    """Which image belongs to which group; groups are numbered from the largest down."""

    assignments: NDArray[np.int32]
    """int32 (n_samples,), values in [0, k)."""
    centroids: NDArray[np.float32]
    """float32 (k, 3), the mean position of each group."""

    @property
    def k(self) -> int:
        return len(self.centroids)


def fit_k(k: int, n_samples: int) -> int:
    """Return how many groups to make: k, but at most sqrt(n_samples / 2), and at least 1.

    So 10 images make 2 groups, 100 make 7, 250 make 11; from 1,250 on there are 25.
    """
    return max(1, min(k, round(math.sqrt(n_samples / 2))))


def compute_groups(
    positions: ArrayLike, *, k: int = 25, random_state: int = 0, apart: ArrayLike | None = None
) -> Groups:
    """Divide positions into k groups by k-means.

    Fewer groups come back for few images (`fit_k`), and never more than there are different positions. One thread does the
    work, so the same input and seed always give the same groups.

    Parameters
    ----------
    positions: (n_samples, 3), finite, at least one row.
    k: wanted number of groups, at least 1.
    random_state: seed of the k-means++ starts.
    apart: bool (n_samples,), images that make one group of their own, whatever their positions: those of which nothing is
        known, which k-means would cut into slices that mean nothing.

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
    if k < 1:
        raise ValueError(f"Expected k of at least 1, got {k}.")
    alone = np.zeros(len(places), dtype=bool) if apart is None else np.asarray(apart, dtype=bool)
    if alone.shape != (len(places),):
        raise ValueError(f"Expected apart of shape ({len(places)},), one per position, got {alone.shape}.")
    found = np.full(len(places), -1)
    if not alone.all():
        found[~alone] = _k_means(places[~alone], fit_k(k, int((~alone).sum())), random_state)
    return _by_size(found, places)


def _k_means(places: NDArray[np.float32], n_groups: int, random_state: int) -> NDArray[np.integer]:
    """Return a group for each place, numbered in no order; some numbers below n_groups may be missing."""
    distinct, place_of = np.unique(places, axis=0, return_inverse=True)
    if len(distinct) <= n_groups:
        found: NDArray[np.integer] = place_of.ravel()  # each place is its own group; k-means would only warn
    else:
        # A second of imports that only a build needs.
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        with threadpool_limits(limits=1), warnings.catch_warnings():
            # Places that differ only in rounding leave groups empty; `_by_size` numbers those that are left.
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = KMeans(n_groups, n_init=N_STARTS, random_state=random_state).fit(places).labels_
    return found


def _by_size(found: NDArray[np.integer], places: NDArray[np.float32]) -> Groups:
    """Renumber groups: largest first, equal ones by their first image."""
    _, first, inverse, sizes = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    assignments = rank[inverse.ravel()]
    sums = np.column_stack([np.bincount(assignments, weights=places[:, axis]) for axis in range(places.shape[1])])
    return Groups(assignments, (sums / sizes[order, None]).astype(np.float32))
