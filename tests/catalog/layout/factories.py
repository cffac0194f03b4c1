"""Small synthetic libraries whose right answer is known."""

import numpy as np
from numpy.typing import NDArray


def make_blobs(
    n_samples: int = 400, n_blobs: int = 8, n_features: int = 64, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors around n_blobs far-apart centres, in mixed order, and the blob of each."""
    rng = np.random.default_rng(seed)
    blobs = rng.permutation(np.arange(n_samples) % n_blobs)
    centres = rng.normal(0, 1, (n_blobs, n_features))
    vectors = centres[blobs] + rng.normal(0, 0.25, (n_samples, n_features))
    return vectors.astype(np.float32), blobs


def blob_purity(positions: NDArray[np.float32], blobs: NDArray[np.int64], n_neighbours: int = 10) -> float:
    """Which part of each point's nearest neighbours belongs to its own blob."""
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :n_neighbours]
    return float((blobs[nearest] == blobs[:, None]).mean())
