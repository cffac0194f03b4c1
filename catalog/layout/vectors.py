"""From the labels of images to one vector for each image, and from two spaces to one."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.layout.flat import flatten_labels
from catalog.layout.words import WordVectors

# Words that belong together: nothing but blanks, hyphens and underscores between them. "man, old" is two phrases.
_PHRASE = re.compile(r"[^\W_]+(?:[\s_-]+[^\W_]+)*")
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s\b")
_LONGEST_COMPOUND = 3  # words; vocabularies of word2vec's kind join no more

# A compound written as one word is taken only if its cosine with the mean of its parts is at least this: "old man" is not the
# surname Oldman, nor "not able" notable. In the built-in vectors 14 of 16 true compounds pass, 12 of 21 false ones do not, and
# what passes wrongly lies near its parts anyway.
_MIN_COMPOUND_COSINE = 0.25

# Rows of a mix that are worked on together: 64 MB of float64 at 256 features.
_MIX_ROWS = 32_768


class LabelVectorizer:
    """Turns labels into vectors, chunk by chunk; each distinct label is looked up once in its life.

    A million images stream through it in chunks of any size: the result of the chunks, one after the other, is bit for bit
    the result of the whole. It keeps 1 KB for each distinct label (256 features), and nothing of the images.
    """

    def __init__(self, words: WordVectors) -> None:
        """`words`: where vectors of words come from."""
        self._words = words
        self._known: dict[str, NDArray[np.float32]] = {}

    def transform(self, labels: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]) -> NDArray[np.float32]:
        """Return for each image the mean of its labels' vectors, weighted with their scores; see `label_vectors`."""
        flat = flatten_labels(labels, scores)  # keys are sorted, so sums go in the same order in every chunk
        term_vectors = np.zeros((len(flat.keys), self._words.n_features), dtype=np.float32)
        for row, key in enumerate(flat.keys):
            term_vectors[row] = self._vector_of(key)
        totals = np.asarray(flat.weights.sum(axis=1)).ravel()
        shares = flat.weights.copy().astype(np.float32)
        shares.data /= np.repeat(np.where(totals > 0, totals, 1.0), np.diff(shares.indptr)).astype(np.float32)
        return np.asarray(shares @ term_vectors, dtype=np.float32)

    def _vector_of(self, key: str) -> NDArray[np.float32]:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = label_vector(key, self._words)
        return known


def label_vectors(
    labels: Sequence[Sequence[str]], scores: Sequence[Sequence[float]], words: WordVectors
) -> NDArray[np.float32]:
    """Return for each image the mean of its labels' vectors, weighted with their scores.

    A label is brought to length one, so that its pull is its score and not how its words happen to be scaled (in the built-in
    vectors "castle" is twelve times as long as "of", which is what one wants inside a label, and not between labels). An
    image without labels, or whose scores are all 0, gets the zero vector: such images lie together, and none of the others is
    drawn to them. For more images than fit into lists at once, see `LabelVectorizer`.

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
    return LabelVectorizer(words).transform(labels, scores)


def label_vector(term: str, words: WordVectors) -> NDArray[np.float32]:
    """Return the vector of one label, float32 (n_features,), of length one: the mean of its words.

    Case does not matter, and a possessive is its owner ("St James's Park"). Words that the vocabulary has joined ("ice_cream",
    "ice-cream", "icecream") are one word. A label without a single letter or digit ("♥", "...") still deserves a place of its
    own: it is looked up whole.
    """
    folded = _POSSESSIVE.sub("", term.casefold())
    vectors = [vector for phrase in _PHRASE.findall(folded) for vector in _phrase_vectors(_WORD.findall(phrase), words)]
    mean = np.mean(vectors or [words.vector(term)], axis=0)
    norm = float(np.linalg.norm(mean))
    return np.asarray(mean / norm if norm > 0 else mean, dtype=np.float32)


def _phrase_vectors(parts: list[str], words: WordVectors) -> Iterator[NDArray[np.float32]]:
    """Yield the vector of the compound that the parts make, or else of each part."""
    if 2 <= len(parts) <= _LONGEST_COMPOUND:
        for glue in "_-":
            if words.knows(glue.join(parts)):
                yield words.vector(glue.join(parts))
                return
        if words.knows("".join(parts)):
            joined = words.vector("".join(parts))
            mean = np.mean([words.vector(part) for part in parts], axis=0)
            if joined @ mean >= _MIN_COMPOUND_COSINE * np.linalg.norm(joined) * np.linalg.norm(mean):
                yield joined
                return
    yield from map(words.vector, parts)


def mix_vectors(
    label_vectors: NDArray[np.float32], visual_vectors: NDArray[np.float32], *, visual_weight: float
) -> NDArray[np.float32]:
    """Return vectors for a layout by meaning (weight 0), by look (1), or between.

    Each space is centred and scaled so that two of its images are on average a squared distance of 1 apart, then the two are put
    side by side with the roots of their weights: squared distance = (1 - w) · d_labels² + w · d_visual². So the weight
    says what it seems to say, however long the vectors of a space happen to be. At 0 and at 1 nothing is mixed: the one
    space is given back as it is.

    An image that lacks one of the two (a zero row: no labels, or a picture that nobody could read) is put into the middle of
    that space, so that the other decides; an image that lacks both stays a zero row.

    Parameters
    ----------
    label_vectors: float32 (n_images, n_label_features).
    visual_vectors: float32 (n_images, n_visual_features), of the same images in the same order.
    visual_weight: from 0 to 1.

    Returns
    -------
    float32 of shape (n_images, n_label_features + n_visual_features), or one of the inputs at weight 0 or 1.

    Raises
    ------
    ValueError: different numbers of images, or a weight outside 0 to 1.
    """
    if len(label_vectors) != len(visual_vectors):
        raise ValueError(
            f"Expected vectors of the same images, got {len(label_vectors)} by labels and {len(visual_vectors)} by look."
        )
    if not 0 <= visual_weight <= 1:
        raise ValueError(f"Expected a visual weight from 0 (meaning) to 1 (look), got {visual_weight}.")
    if visual_weight == 0:
        return label_vectors
    if visual_weight == 1:
        return visual_vectors
    n_label_features = label_vectors.shape[1]
    mixed = np.empty((len(label_vectors), n_label_features + visual_vectors.shape[1]), dtype=np.float32)
    _scale_into(mixed[:, :n_label_features], label_vectors, 1 - visual_weight)
    _scale_into(mixed[:, n_label_features:], visual_vectors, visual_weight)
    return mixed


def _scale_into(out: NDArray[np.float32], vectors: NDArray[np.float32], mean_square: float) -> None:
    """Centre the rows and scale them to a mean squared distance of `mean_square`; zero rows become the centre."""
    present = np.asarray(vectors.any(axis=1), dtype=np.bool_)
    n_present = int(present.sum())
    centre = vectors.sum(axis=0, dtype=np.float64) / max(n_present, 1)
    chunks = [slice(start, start + _MIX_ROWS) for start in range(0, len(vectors), _MIX_ROWS)]
    deviations = sum(float((((vectors[rows] - centre) ** 2).sum(axis=1) * present[rows]).sum()) for rows in chunks)
    # The mean over all ordered pairs of different rows of |x - y|² is 2 / (n - 1) times the sum of |x - mean|².
    distance = 2 * deviations / max(n_present - 1, 1)
    factor = np.sqrt(mean_square / distance) if distance > 0 else 0.0  # all alike: the space tells nothing apart
    for rows in chunks:
        out[rows] = (vectors[rows] - centre) * factor * present[rows, None]
