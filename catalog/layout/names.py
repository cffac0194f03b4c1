"""Names for groups: the label that is common inside and rare outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.flat import flatten_labels
from catalog.terms import fold_term

UNLABELLED = "Unlabelled"
N_RUNNER_UPS = 3
# Added to a label's share outside the group, so that one that is merely rare (2 % inside, none outside) cannot win. With 0.02 a
# group of Tate's churches is "Gothic" (27 % of it, "church" 36 %) and OpenMoji's people "man" (54 %, "person" 98 %); from 0.04 on
# its American flags are "flag", as those of all other continents could be.
OUTSIDE_FLOOR = 0.03
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
    assignments: ArrayLike,
    labels: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
    *,
    given: Mapping[int, str] | None = None,
) -> list[GroupName]:
    """Name each group after one of its labels.

    A label's worth for a group is coverage x lift, c * c / (r + 0.03): c is the mean score of the label over the group's
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
    given: names of some groups, by group, known beforehand and different from each other; no other group takes them.

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
    given = given or {}
    flat = flatten_labels(labels, scores)
    used = {fold_term(name) for name in given.values()}
    fits = _rank_labels(groups, flat.weights, [column for column, key in enumerate(flat.keys) if key in used])
    without = np.array([not any(row) for row in scores])
    mostly_without = np.bincount(groups, weights=without) > np.bincount(groups) / 2
    fits = [_Fits.none() if mostly_without[group] else fit for group, fit in enumerate(fits)]
    chosen = _hand_out([_Fits.none() if group in given else fit for group, fit in enumerate(fits)])

    used |= {flat.keys[term] for term in chosen if term is not None}
    names: list[GroupName] = []
    for group, (fit, term) in enumerate(zip(fits, chosen, strict=True)):
        candidates = [flat.terms[t] for t in fit.terms[: N_RUNNER_UPS + 1]]
        if group in given:
            name = given[group]
        elif term is not None:
            name = flat.terms[term]
        else:
            name = _numbered(candidates[0] if candidates else UNLABELLED, used)
        runner_ups = [candidate for candidate in candidates if candidate != name]
        names.append(GroupName(name, tuple(runner_ups[:N_RUNNER_UPS])))
    return names


@dataclass(frozen=True)
class _Fits:
    """The labels that suit one group, best first: parallel lists."""

    terms: list[int]
    worths: list[float]
    coverages: list[float]

    @classmethod
    def none(cls) -> "_Fits":
        return cls([], [], [])


def _rank_labels(groups: NDArray[np.int64], weights: Any, reserved: list[int]) -> list[_Fits]:
    """Rank the labels of each group, leaving reserved ones out.

    All stays sparse: 255 groups by 100,000 terms would be 200 MB for each of the measures.
    """
    from scipy import sparse

    n_images = len(groups)
    sizes = np.bincount(groups)
    n_groups = len(sizes)
    members = sparse.csr_array((np.ones(n_images), (groups, np.arange(n_images))), shape=(n_groups, n_images))
    inside = sparse.csr_array(members @ weights)
    inside.sort_indices()  # by term, which is by the alphabet, so that a stable sort breaks ties by it
    totals = np.asarray(inside.sum(axis=0)).ravel()
    fits: list[_Fits] = []
    for group, size in enumerate(sizes.tolist()):
        row = slice(inside.indptr[group], inside.indptr[group + 1])
        terms, sums = inside.indices[row], inside.data[row]
        coverage = sums / max(size, 1)
        # A difference of sums can fall below 0 by a rounding.
        outside = np.maximum(totals[terms] - sums, 0.0) / max(n_images - size, 1)
        # Rounded, so that a tie stays a tie whatever order the scores were added in.
        worth = np.round(coverage**2 / (outside + OUTSIDE_FLOOR), 9)
        worth[np.isin(terms, reserved)] = 0.0
        # More candidates than groups, so that taken names can never use them up before the coverage rule does.
        best = np.argsort(-worth, kind="stable")[: n_groups + N_RUNNER_UPS]
        best = best[worth[best] > 0]
        fits.append(_Fits(terms[best].tolist(), worth[best].tolist(), coverage[best].tolist()))
    return fits


def _hand_out(fits: list[_Fits]) -> list[int | None]:
    """Give each group a term of its own, best fits first; None where nothing suitable is left."""
    offers = sorted(
        (-worth, group, term)
        for group, fit in enumerate(fits)
        for term, worth, coverage in zip(fit.terms, fit.worths, fit.coverages, strict=True)
        if coverage >= MIN_PART_OF_BEST_COVERAGE * fit.coverages[0]
    )
    chosen: list[int | None] = [None] * len(fits)
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
    while (key := fold_term(name)) in used:
        number += 1
        name = f"{base} {number}"
    used.add(key)
    return name
