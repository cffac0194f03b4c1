"""Names for groups: the label that is common inside and rare outside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.flat import flatten_labels

UNLABELLED = "Unlabelled"
N_RUNNER_UPS = 3
# Added to a label's share outside the group, so that one that is merely rare (2 % inside, none outside) cannot win.
OUTSIDE_FLOOR = 0.02
# A second choice must still say something about the group: at least this part of the first choice's coverage.
MIN_PART_OF_BEST_COVERAGE = 0.25


@dataclass(frozen=True)
class GroupName:
    """What to call a group."""

    name: str
    """Unique among the groups, also when case is ignored."""
    runner_ups: tuple[str, ...]
    """Up to three further labels that would have fitted, best first; other groups may bear them."""


def name_groups(
    assignments: ArrayLike, labels: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]
) -> list[GroupName]:
    """Name each group after one of its labels.

    A label's worth for a group is coverage x lift, c * c / (r + 0.02): c is the mean score of the label over the group's
    images (0 where an image lacks it), r the same over all other images. So a group of dogs in a library full of animals is
    "dog" although more of its pictures say "animal", and a label of two odd pictures never names a hundred.

    Names are given out from the best fit down. A group whose label is taken gets its next one, if that covers at
    least a quarter of what its best label covers; else its best label with a number ("cat 2"). Groups of which more
    than half have no label are "Unlabelled", "Unlabelled 2" and so on: one cup among a dozen unknowns does not make
    them cups. Ties go to the lower group, then to the first in the alphabet.

    Parameters
    ----------
    assignments: (n_images,), group of each image, from 0; the number of groups is the highest plus one.
    labels, scores: as for `label_vectors`.

    Returns
    -------
    One name per group, in order.

    Raises
    ------
    ValueError: different numbers of assignments and labels, a negative group, or as `flatten_labels`.
    """
    groups = np.asarray(assignments, dtype=np.int64)
    if groups.ndim != 1 or len(groups) != len(labels):
        raise ValueError(f"Expected one group per image, got {groups.shape} groups for {len(labels)} images.")
    if len(groups) == 0:
        return []
    if groups.min() < 0:
        raise ValueError(f"Expected groups numbered from 0, got {groups.min()}: every image needs one.")
    flat = flatten_labels(labels, scores)
    coverage, worth = _measure_labels(groups, flat.weights)
    n_groups = len(worth)
    without = np.array([not any(row) for row in scores])
    mostly_without = np.bincount(groups, weights=without) > np.bincount(groups) / 2
    # More candidates than groups, so that taken names can never use them up before the coverage rule does.
    ranked = [[] if mostly_without[g] else _best_terms(worth[g], n_groups + N_RUNNER_UPS) for g in range(n_groups)]
    chosen = _hand_out(ranked, coverage, worth)

    names: list[GroupName] = []
    used = {flat.keys[term] for term in chosen if term is not None}
    for group, term in enumerate(chosen):
        best = flat.terms[ranked[group][0]] if ranked[group] else UNLABELLED
        name = _numbered(best, used) if term is None else flat.terms[term]
        runner_ups = [flat.terms[t] for t in ranked[group] if flat.terms[t] != name]
        names.append(GroupName(name, tuple(runner_ups[:N_RUNNER_UPS])))
    return names


def _measure_labels(groups: NDArray[np.int64], weights: object) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coverage and worth of every label for every group, float64 (n_groups, n_terms) each."""
    from scipy import sparse

    n_images = len(groups)
    sizes = np.bincount(groups).astype(np.float64)
    members = sparse.csr_array((np.ones(n_images), (groups, np.arange(n_images))), shape=(len(sizes), n_images))
    inside = np.asarray((members @ weights).todense())
    outside = np.maximum(inside.sum(axis=0) - inside, 0.0)  # a difference of sums can fall below 0 by a rounding
    coverage = inside / np.maximum(sizes, 1.0)[:, None]
    elsewhere = outside / np.maximum(n_images - sizes, 1.0)[:, None]
    # Rounded, so that a tie stays a tie whatever order the scores were added in.
    return coverage, np.round(coverage**2 / (elsewhere + OUTSIDE_FLOOR), 9)


def _best_terms(worth: NDArray[np.float64], n: int) -> list[int]:
    """Return the terms worth most, best first; terms are sorted, so a stable sort breaks ties by the alphabet."""
    order = np.argsort(-worth, kind="stable")[:n]
    return [int(term) for term in order if worth[term] > 0]


def _hand_out(ranked: list[list[int]], coverage: NDArray[np.float64], worth: NDArray[np.float64]) -> list[int | None]:
    """Give each group a term of its own, best fits first; None where nothing suitable is left."""
    offers = sorted(
        (-worth[group, term], group, term)
        for group, terms in enumerate(ranked)
        for term in terms
        if coverage[group, term] >= MIN_PART_OF_BEST_COVERAGE * coverage[group, terms[0]]
    )
    chosen: list[int | None] = [None] * len(ranked)
    taken: set[int] = set()
    for _, group, term in offers:
        if chosen[group] is None and term not in taken:
            chosen[group] = term
            taken.add(term)
    return chosen


def _numbered(base: str, used: set[str]) -> str:
    """Return `base`, or `base 2`, `base 3` ...: the first not used yet, which is then used."""
    number = 1
    name = base
    while (key := name.casefold()) in used:
        number += 1
        name = f"{base} {number}"
    used.add(key)
    return name
