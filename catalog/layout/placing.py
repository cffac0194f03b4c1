"""New images among those that already have a place, and nobody moves."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.progress import OnProgress, no_progress


def place_new(
    new_vectors: ArrayLike,
    vectors: ArrayLike,
    positions: ArrayLike,
    *,
    perplexity: float = 50.0,
    random_state: int = 0,
    n_jobs: int = -1,
    on_progress: OnProgress = no_progress,
) -> NDArray[np.float32]:
    """Return places, float32 (n_new, 3), for new images among fixed old ones; see the engine for the real thing (in the making)."""
    from sklearn.neighbors import NearestNeighbors

    new, old = np.asarray(new_vectors, dtype=np.float32), np.asarray(vectors, dtype=np.float32)
    places = np.asarray(positions, dtype=np.float32)
    if len(new) == 0:
        return np.zeros((0, 3), dtype=np.float32)
    found = NearestNeighbors(n_neighbors=min(5, len(old))).fit(old).kneighbors(new, return_distance=False)
    return np.asarray(np.median(places[found], axis=1), dtype=np.float32)
