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

N_NEIGHBOURS = 12
MAX_LABELS = 5
MIN_SHARE = 0.01


class PlaceExplainer:
    """Explains places of one build, some images at a time; of all it keeps the labels, a tree of the positions and a vector a label."""

    def __init__(
        self,
        build: Build,
        labels: LabelRows,
        positions: NDArray[np.float32],
        vectors: NDArray[Any] | None = None,
    ) -> None:
        """Parameters
        ----------
        build
            Says how its images were placed. Of a library's own vectors or positions nothing is told: no label had a part in them.
        labels
            Of `read_published_labels`: only these are named.
        positions
            float32 (n_images, 3): neighbours are the nearest twelve on the map.
        vectors
            (n_images, n_features), what was laid out; asked for where meaning and look were mixed, else of no use.
        """
        from scipy.spatial import cKDTree

        parameters = build.parameters
        self._is_ours = not {"vectors", "positions"} & set(parameters)
        self._visual_weight = float(parameters.get("visual_weight", 0.0))
        self._positions, self._vectors, self._terms = positions, vectors, labels.terms
        self._tree = cKDTree(positions) if self._is_ours else None
        self._weights = label_weights(labels)
        words = word_vectors()
        self._n_label_features = words.n_features
        self._term_vectors = np.zeros((len(labels.terms), words.n_features), dtype=np.float32)
        if self._is_ours:
            for row, term in enumerate(labels.terms):
                self._term_vectors[row] = label_vector(term, words)

    def explain(self, indices: Sequence[int]) -> list[dict[str, Any]]:
        """Return what the details of these images say: `why`, up to five labels with their shares, and `why_visual`.

        All shares of an image sum to at most 1. `why_visual` is there where the galaxy was laid out by look, too. Where there is nothing
        to say the keys are absent.
        """
        if self._tree is None or not indices:
            return [{} for _ in indices]
        rows = np.asarray(indices, dtype=np.int64)
        neighbours = self._neighbours(rows)
        visual = self._visual_shares(rows, neighbours)
        by_label = [[] for _ in rows] if self._visual_weight == 1 else self._label_shares(rows, neighbours)
        told: list[dict[str, Any]] = []
        for shares, look in zip(by_label, visual.tolist(), strict=True):
            scaled = [(self._terms[column], share * (1 - look)) for column, share in shares[:MAX_LABELS]]
            # Rounded down, so that what is said never sums to more than all.
            why = [{"term": term, "share": int(share * 1000) / 1000} for term, share in scaled if share >= MIN_SHARE]
            found: dict[str, Any] = {"why": why} if why else {}
            if self._visual_weight > 0 and look > 0:
                found["why_visual"] = int(look * 1000) / 1000
            told.append(found)
        return told

    def _neighbours(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The nearest on the map, int64 (n, 12) at most; never the image itself."""
        assert self._tree is not None, "asked only where there is a tree"  # noqa: S101
        k = min(N_NEIGHBOURS + 1, len(self._positions))
        _, nearest = self._tree.query(self._positions[rows], k=np.arange(1, k + 1))
        found = np.asarray(nearest, dtype=np.int64)
        # Of images in one place any may come first, and the image itself may even be missing: then the farthest is left out.
        own = found == rows[:, None]
        own[~own.any(axis=1), -1] = True
        return np.asarray(found[~own].reshape(len(rows), k - 1))

    def _label_shares(self, rows: NDArray[np.int64], neighbours: NDArray[np.int64]) -> list[list[tuple[int, float]]]:
        return label_shares(rows, neighbours, self._weights, self._term_vectors)

    def _visual_shares(self, rows: NDArray[np.int64], neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
        if self._visual_weight in (0, 1) or self._vectors is None:
            return np.full(len(rows), float(self._visual_weight == 1))
        return visual_shares(rows, neighbours, self._vectors, self._n_label_features)
