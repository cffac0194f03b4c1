"""Labels of many images as flat arrays, so that everything after reading them is a matter of numpy."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from catalog.terms import fold_term


@dataclass(frozen=True)
class FlatLabels:
    """Who has which label, how surely."""

    terms: tuple[str, ...]
    """Each distinct term once, as most often written (ties: first in the alphabet)."""
    keys: tuple[str, ...]
    """The same terms case-folded, sorted; position = column of `weights`."""
    weights: sparse.csr_array
    """float64 (n_images, n_terms): the score of each label; a term that an image has twice counts with its sum."""


def flatten_labels(labels: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]) -> FlatLabels:
    """Put ragged labels and scores into one sparse matrix.

    Parameters
    ----------
    labels: for each image its terms; "Cat" and "cat" are one term.
    scores: for each image one score per term, finite and not negative (0 to 1 as a rule).

    Raises
    ------
    ValueError: different numbers of labels and scores, or a score that is negative or not finite.
    """
    n_images = len(labels)
    if len(scores) != n_images:
        raise ValueError(f"Expected as many rows of scores as of labels, got {len(scores)} and {n_images}.")
    lengths = np.fromiter(map(len, labels), np.int64, n_images)
    score_lengths = np.fromiter(map(len, scores), np.int64, n_images)
    if not np.array_equal(lengths, score_lengths):
        row = int(np.flatnonzero(lengths != score_lengths)[0])
        raise ValueError(
            f"Expected one score per label, got {score_lengths[row]} scores for {lengths[row]} labels in row {row}."
        )
    total = int(lengths.sum())
    data = np.fromiter(chain.from_iterable(scores), np.float64, total)
    bad = ~(np.isfinite(data) & (data >= 0))
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        row = int(np.searchsorted(np.cumsum(lengths), where, side="right"))
        raise ValueError(f"Expected scores that are finite and not negative, got {data[where]} in row {row}.")

    spellings: dict[str, int] = {}
    ids = np.fromiter(
        (spellings.setdefault(term, len(spellings)) for term in chain.from_iterable(labels)), np.int64, total
    )
    keys, terms, key_of_spelling = _fold(tuple(spellings), np.bincount(ids, minlength=len(spellings)))
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    columns = key_of_spelling[ids] if total else ids
    weights = sparse.csr_array((data, columns, indptr), shape=(n_images, len(keys)))
    weights.sum_duplicates()
    return FlatLabels(terms, keys, weights)


def _fold(
    spellings: tuple[str, ...], counts: NDArray[np.int64]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64]]:
    """Return the sorted folded keys, the commonest spelling of each, and each spelling's place among the keys."""
    folded = [fold_term(spelling) for spelling in spellings]
    by_key: dict[str, Counter[str]] = {}
    for spelling, key, count in zip(spellings, folded, counts.tolist(), strict=True):
        by_key.setdefault(key, Counter())[spelling] += count
    keys = tuple(sorted(by_key))
    terms = tuple(min(by_key[key].items(), key=lambda item: (-item[1], item[0]))[0] for key in keys)
    place = {key: i for i, key in enumerate(keys)}
    return keys, terms, np.array([place[key] for key in folded], dtype=np.int64)
