"""From the labels of images to one vector for each image."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.layout.flat import flatten_labels
from catalog.layout.words import WordVectors

_WORD = re.compile(r"[^\W_]+")


def label_vectors(
    labels: Sequence[Sequence[str]], scores: Sequence[Sequence[float]], words: WordVectors
) -> NDArray[np.float32]:
    """Return for each image the mean of its labels' vectors, weighted with their scores.

    A label of several words is the mean of its words, then brought to length one, so that a label's pull is its score and
    not how its words happen to be scaled (in the built-in vectors "castle" is twelve times as long as "of", which is what
    one wants inside a label, and not between labels). Case does not matter. An image without labels, or whose scores are
    all 0, gets the zero vector: such images lie together, and none of the others is drawn to them.

    Each distinct label is looked up once; the rest is one sparse product, so a million images are no different from ten.

    Parameters
    ----------
    labels: for each image its terms.
    scores: for each image one finite score of at least 0 per term.
    words: where vectors of words come from.

    Returns
    -------
    float32 of shape (n_images, words.n_features), every norm at most 1.

    Raises
    ------
    ValueError: as `flatten_labels`.
    """
    flat = flatten_labels(labels, scores)
    term_vectors = np.zeros((len(flat.keys), words.n_features), dtype=np.float32)
    for row, key in enumerate(flat.keys):
        term_vectors[row] = label_vector(key, words)
    totals = np.asarray(flat.weights.sum(axis=1)).ravel()
    shares = flat.weights.copy().astype(np.float32)
    shares.data /= np.repeat(np.where(totals > 0, totals, 1.0), np.diff(shares.indptr)).astype(np.float32)
    return np.asarray(shares @ term_vectors, dtype=np.float32)


def label_vector(term: str, words: WordVectors) -> NDArray[np.float32]:
    """Return the vector of one label, float32 (n_features,), of length one."""
    # A label without a single letter or digit ("♥", "...") still deserves a place of its own: it is looked up whole.
    parts = _WORD.findall(term.casefold()) or [term]
    mean = np.mean([words.vector(part) for part in parts], axis=0)
    norm = float(np.linalg.norm(mean))
    return np.asarray(mean / norm if norm > 0 else mean, dtype=np.float32)
