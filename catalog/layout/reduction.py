"""Fewer features: principal components."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BLOCK = 16_384  # rows: 33 MB of float64 at 256 features


def principal_components(x: Floats, n_components: int) -> Floats:
    """Turn to the axes of greatest variance and keep the first ones.

    Through the covariance matrix, in blocks: no second copy of the data, and the same every time for the same number of threads.

    Parameters
    ----------
    x: float32 (n_samples, n_features).
    n_components: at least 1; fewer come back where there are fewer features.

    Returns
    -------
    float32 (n_samples, min(n_components, n_features)), C-contiguous, centred, largest variance first, each axis's sign fixed
    by its largest loading.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    blocks = [slice(first, first + BLOCK) for first in range(0, len(x), BLOCK)]
    for block in blocks:
        centred = x[block].astype(np.float64) - mean
        covariance += centred.T @ centred
    _, axes = np.linalg.eigh(covariance)
    axes = axes[:, ::-1][:, :n_components]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    axes = (axes * np.where(largest < 0, -1.0, 1.0)).astype(np.float32)
    reduced = np.empty((len(x), axes.shape[1]), dtype=np.float32)
    for block in blocks:
        np.matmul(x[block] - mean.astype(np.float32), axes, out=reduced[block])
    return reduced
