"""Neighbourhoods within clusters and what they are called, and the labels that set a cluster apart from the rest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.groups import compute_groups
from catalog.layout.names import OUTSIDE_FLOOR
from catalog.terms import fold_term

IMAGES_PER_SUBGROUP = 50  # for a cluster of 50; the number grows with the root: 112 images make 2, 7,200 make 12
MAX_SUBGROUPS = 12
MIN_IMAGES = 10  # a name over fewer would tell of single pictures
# A name must hold for a quarter of the neighbourhood, by score, and be half as common again as in the rest of the cluster.
MIN_COVERAGE = 0.25
MIN_LIFT = 1.5
MAX_TELLING = 12
MIN_TELLING_SHARE = 0.05
MIN_TELLING_IMAGES = 2  # what one picture alone says tells of it, and not of its cluster


@dataclass(frozen=True)
class Subgroup:
    """A neighbourhood within a cluster."""

    cluster: int
    name: str
    n_images: int
    centroid: tuple[float, float, float]
    radius: float
    """95 % of its images lie within this distance of the centroid."""


@dataclass(frozen=True)
class TellingLabel:
    """A label that is more common in a cluster than elsewhere; shares of images that have it, 0 to 1."""

    term: str
    share: float
    share_elsewhere: float


def find_subgroups(
    positions: ArrayLike,
    clusters: ArrayLike,
    weights: Any,
    terms: Sequence[str],
    cluster_names: Sequence[str],
    *,
    random_state: int = 0,
) -> list[Subgroup]:
    """Divide each cluster into neighbourhoods by k-means, and keep those that have a name of their own.

    A cluster of n images has round(sqrt(n / 50)) of them, at most 12; with fewer than two it has none. A label's worth is
    c * c / (r + 0.03), c being its mean score in the neighbourhood and r in the rest of the cluster, as in `name_groups`. Names are
    given out from the best fit down, each once in a cluster, never the cluster's own; a neighbourhood that nothing tells from
    the rest is left out.

    Parameters
    ----------
    positions: (n_images, 3), finite.
    clusters: (n_images,), places in `cluster_names`.
    weights: sparse CSR array (n_images, n_terms), the score of each label.
    terms: the label of each column, none twice.
    cluster_names: what the clusters are called.
    random_state: seed of the k-means++ starts.

    Returns
    -------
    By cluster, then largest first.
    """
    places, owners = np.asarray(positions, dtype=np.float32), np.asarray(clusters)
    found: list[Subgroup] = []
    for cluster, cluster_name in enumerate(cluster_names):
        members = np.flatnonzero(owners == cluster)
        k = min(MAX_SUBGROUPS, round(math.sqrt(len(members) / IMAGES_PER_SUBGROUP)))
        if k < 2:
            continue
        groups = compute_groups(places[members], k=k, random_state=random_state).assignments
        names = _name_apart(groups, weights[members], terms, fold_term(cluster_name))
        for group, name in sorted(names.items()):
            own = places[members[groups == group]].astype(np.float64)
            x, y, z = own.mean(axis=0).tolist()
            radius = float(np.percentile(np.linalg.norm(own - (x, y, z), axis=1), 95))
            found.append(Subgroup(cluster, name, len(own), (x, y, z), radius))
    return found


def telling_labels(
    clusters: ArrayLike, weights: Any, terms: Sequence[str], *, n_clusters: int, limit: int = MAX_TELLING
) -> list[list[TellingLabel]]:
    """Return for each cluster the labels that set it apart, the most telling first.

    The measure is s * s / (e + 0.03): the share of its images that have the label, whatever the score, and the share of all others.

    Parameters
    ----------
    clusters: (n_images,), from 0 to n_clusters - 1.
    weights, terms: as for `find_subgroups`.
    """
    owners = np.asarray(clusters, dtype=np.int64)
    sizes = np.bincount(owners, minlength=n_clusters)
    inside = _sums(owners, _presence(weights), n_clusters)
    totals = np.asarray(inside.sum(axis=0)).ravel()
    found = []
    for cluster, size in enumerate(sizes.tolist()):
        row = slice(inside.indptr[cluster], inside.indptr[cluster + 1])
        columns = inside.indices[row]
        share = inside.data[row] / max(size, 1)
        elsewhere = (totals[columns] - inside.data[row]) / max(len(owners) - size, 1)
        worth = np.round(share**2 / (elsewhere + OUTSIDE_FLOOR), 9)
        worth[(share < MIN_TELLING_SHARE) | (inside.data[row] < MIN_TELLING_IMAGES) | (share <= elsewhere)] = 0
        best = sorted(range(len(columns)), key=lambda i: (-worth[i], terms[columns[i]]))[:limit]
        found.append(
            [TellingLabel(terms[columns[i]], float(share[i]), float(elsewhere[i])) for i in best if worth[i] > 0]
        )
    return found


def _name_apart(groups: NDArray[np.int32], weights: Any, terms: Sequence[str], own_key: str) -> dict[int, str]:
    """Return the name of each group that has one."""
    sizes = np.bincount(groups)
    inside = _sums(groups, weights, len(sizes))
    totals = np.asarray(inside.sum(axis=0)).ravel()
    offers: list[tuple[float, int, str]] = []
    for group, size in enumerate(sizes.tolist()):
        if size < MIN_IMAGES:
            continue
        row = slice(inside.indptr[group], inside.indptr[group + 1])
        columns = inside.indices[row]
        coverage = inside.data[row] / size
        outside = np.maximum(totals[columns] - inside.data[row], 0.0) / max(len(groups) - size, 1)
        worth = np.round(coverage**2 / (outside + OUTSIDE_FLOOR), 9)
        fits = np.flatnonzero((coverage >= MIN_COVERAGE) & (coverage >= MIN_LIFT * outside))
        offers += [(-worth[i], group, terms[columns[i]]) for i in fits.tolist()]
    names: dict[int, str] = {}
    taken = {own_key}
    for _worth, group, term in sorted(offers):
        if group not in names and fold_term(term) not in taken:
            names[group] = term
            taken.add(fold_term(term))
    return names


def _sums(groups: NDArray[Any], weights: Any, n_groups: int) -> Any:
    """Return the sum of each group's rows, CSR float64 (n_groups, n_terms): 255 groups by 100,000 terms stay sparse."""
    from scipy import sparse

    members = sparse.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(n_groups, len(groups)))
    sums = sparse.csr_array(members @ weights)
    sums.sort_indices()
    return sums


def _presence(weights: Any) -> Any:
    from scipy import sparse

    return sparse.csr_array(((weights.data > 0).astype(np.float64), weights.indices, weights.indptr), weights.shape)
