"""Why an image lies where it does, told of each published image: the labels, and the look, that it shares with its neighbours."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.layout import label_shares, label_vector, visual_shares
from catalog.models import Build
from catalog.services.build_input import LabelRows
from catalog.services.embeddings import word_vectors
from explorer.subgroups import label_weights

__all__ = ["PlaceExplainer"]

MAX_LABELS = 5
MIN_SHARE = 0.01


class PlaceExplainer:
    """Explains places of one build, some images at a time; of all of them it keeps the labels, and a vector for each label."""

    def __init__(self, build: Build, labels: LabelRows, vectors: NDArray[Any] | None = None) -> None:
        """Parameters
        ----------
        build
            Says how its images were placed. Of a library's own vectors or positions nothing is told: no label had a part in them.
        labels
            Of `read_published_labels`: only these are named.
        vectors
            (n_images, n_features), what was laid out; asked for where meaning and look were mixed, else of no use.
        """
        parameters = build.parameters
        self._is_ours = not {"vectors", "positions"} & set(parameters)
        self._visual_weight = float(parameters.get("visual_weight", 0.0))
        self._vectors, self._terms = vectors, labels.terms
        self._weights = label_weights(labels)
        words = word_vectors()
        self._n_label_features = words.n_features
        self._term_vectors = np.zeros((len(labels.terms), words.n_features), dtype=np.float32)
        if self._is_ours:
            for row, term in enumerate(labels.terms):
                self._term_vectors[row] = label_vector(term, words)

    def explain(self, indices: Sequence[int], neighbours: NDArray[np.integer]) -> list[dict[str, Any]]:
        """Return what the details of these images say: `why`, up to five labels with their shares, and `why_visual`.

        All shares of an image sum to at most 1. `why_visual` is there where the galaxy was laid out by look, too. Where there is nothing
        to say the keys are absent.

        Parameters
        ----------
        indices
            Places of images in the order of `labels`.
        neighbours
            (n, k), the places of the images nearest to each, -1 for none.
        """
        if not self._is_ours or not indices:
            return [{} for _ in indices]
        rows, near = np.asarray(indices, dtype=np.int64), np.asarray(neighbours, dtype=np.int64)
        looks = self._visual_shares(rows, near).tolist()
        by_label: list[list[tuple[int, float]]] = [[] for _ in rows]
        if self._visual_weight < 1:
            by_label = label_shares(rows, near, self._weights, self._term_vectors)
        return [self._tell(shares, look) for shares, look in zip(by_label, looks, strict=True)]

    def _tell(self, shares: list[tuple[int, float]], look: float) -> dict[str, Any]:
        # Rounded down, so that what is said never sums to more than all.
        why = [
            {"term": self._terms[column], "share": int(share * (1 - look) * 1000) / 1000}
            for column, share in shares[:MAX_LABELS]
            if share * (1 - look) >= MIN_SHARE
        ]
        told: dict[str, Any] = {"why": why} if why else {}
        if look > 0:
            told["why_visual"] = int(look * 1000) / 1000
        return told

    def _visual_shares(self, rows: NDArray[np.int64], neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
        if self._visual_weight == 1:
            return np.asarray((neighbours >= 0).any(axis=1), dtype=np.float64)
        if self._visual_weight == 0 or self._vectors is None:
            return np.zeros(len(rows))
        return visual_shares(rows, neighbours, self._vectors, self._n_label_features)
