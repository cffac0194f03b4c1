"""Groups that somebody asked for by a label's name."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.layout.flat import flatten_labels
from catalog.terms import fold_term


def extra_groups(
    labels: Sequence[Sequence[str]], scores: Sequence[Sequence[float]], terms: Sequence[str]
) -> NDArray[np.int32]:
    """Return for each image the term whose group it joins: the place in `terms` of a label that the image has.

    An image has a label if the label is among its own with a score above 0; case, blanks and Unicode forms do not matter.
    Of several the surest counts, of equally sure ones the first in `terms`.

    Parameters
    ----------
    labels, scores: as for `label_vectors`.
    terms: labels that get a group of their own. One that no image has makes no group.

    Returns
    -------
    int32 (n_images,), -1 for images that have none of them.
    """
    joined = np.full(len(labels), -1, dtype=np.int32)
    if not terms:
        return joined
    flat = flatten_labels(labels, scores)
    column_of = {key: column for column, key in enumerate(flat.keys)}
    by_term = flat.weights.tocsc()
    surest = np.zeros(len(labels))
    for number, term in enumerate(terms):
        column = column_of.get(fold_term(term))
        if column is None:
            continue
        entries = slice(by_term.indptr[column], by_term.indptr[column + 1])
        images, score = by_term.indices[entries], by_term.data[entries]
        surer = score > surest[images]
        joined[images[surer]] = number
        surest[images[surer]] = score[surer]
    return joined
