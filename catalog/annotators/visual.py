"""What a picture looks like, in 256 numbers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.linalg

from catalog.annotators.checkpoint import read_checkpoint
from catalog.annotators.label_model import MODEL_ID, LabelModel, bundled_weights_path

N_VISUAL_FEATURES: Final = 256
VISUAL_VERSION: Final = f"{MODEL_ID}+svd{N_VISUAL_FEATURES}/1"
"""Changes whenever the same picture could get other numbers; vectors of different versions do not compare."""


class VisualModel:
    """The label network without its last layer, and a projection of its 1,280 features to 256.

    The projection keeps the directions that the network's own classifier tells things apart by: the top right singular vectors
    of its 1000 x 1280 weights. So it needs no data, and everybody who has the weights has the same. Of the 10 nearest
    neighbours by cosine in 1,280 features, 256 keep (in %; the last column fitted on those very pictures, so a bound):

    ============================  ==========  ===============  =============  ====
    pictures                       Gaussian    orthogonalised   this one       PCA
    ============================  ==========  ===============  =============  ====
    250 photographs of 250 things       43          48               57          92
    1,000 parts of these                64          67               76          92
    1,200 emoji                         81          82               87          95
    all of them, and 29 others          73          76               82          91
    ============================  ==========  ===============  =============  ====

    (In the first row the tenth neighbour is hardly nearer than the twentieth: it is the least that can be expected.) Scaling the
    directions by their singular values, or by the roots of these, keeps less: 77 and 81 in the last row. Of what PCA itself
    calls neighbours (cosine after centring) the first row keeps 65, the last 81.

    Safe to call from several threads at once.
    """

    def __init__(self, weights_path: Path | None = None) -> None:
        """Read the weights, build the network and the projection: about a second, and 50 MB."""
        self._model = LabelModel(weights_path)
        self._projection = visual_projection(read_checkpoint(weights_path or bundled_weights_path())["_fc.weight"])

    def embed(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Look at pictures.

        Parameters
        ----------
        pictures
            uint8, shape (n, 260, 260, 3), RGB, as `to_model_input` makes them; n >= 1. Groups of about 8 are fastest.

        Returns
        -------
        ndarray, float32, shape (n, 256)
            Rows of length one: the cosine of two pictures is their dot product.
        """
        return reduce_features(self._model.run(pictures).features, self._projection)


def visual_projection(classifier_weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Find the 256 directions in which a classifier's weights differ most: their top right singular vectors.

    Parameters
    ----------
    classifier_weights
        float32, shape (n_classes, n_features), n_classes >= 256.

    Returns
    -------
    ndarray, float32, shape (n_features, 256)
        Orthonormal columns, the strongest first; each one's largest component is positive, because a singular vector's sign
        is an accident of the library that computes it.
    """
    weights = classifier_weights.astype(np.float64)
    n_classes = len(weights)
    # By the eigenvectors of W Wᵀ: the same directions as `svd(W)` to 1e-12, in a quarter of the time.
    top = (n_classes - N_VISUAL_FEATURES, n_classes - 1)
    _squares, left = scipy.linalg.eigh(weights @ weights.T, subset_by_index=top)
    right = weights.T @ left[:, ::-1]
    right /= np.linalg.norm(right, axis=0)
    largest = right[np.abs(right).argmax(axis=0), np.arange(N_VISUAL_FEATURES)]
    return np.asarray(right * np.sign(largest), dtype=np.float32)


@lru_cache(maxsize=1)
def visual_model() -> VisualModel:
    """Return the model, read once per process."""
    return VisualModel()


def reduce_features(features: npt.NDArray[np.float32], projection: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Project features (n, n_features) and bring each row to length one; a row of zeros stays one."""
    reduced = features @ projection
    lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
    return np.asarray(reduced / np.where(lengths > 0, lengths, 1), dtype=np.float32)
