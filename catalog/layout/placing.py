"""New images among those that already have a place, and nobody moves.

Each new image is pulled by its nearest old ones and pushed by all old ones, by the same forces as in a whole layout but with a
normaliser of its own; openTSNE's `transform` does the same in two dimensions (Poličar, Stražar and Zupan, Machine Learning 112,
2023). On museum labels the new images keep as many of their neighbours as a whole build keeps (docs/layout.md).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.alignment import galaxy_radius
from catalog.layout.inputs import check_array
from catalog.layout.progress import OnProgress, no_progress

Floats = NDArray[np.float32]

N_NEIGHBOURS = 10
PERPLEXITY = 5.0
# t-SNE's maps have radii of 2 to 4 n^(1/3); one that is three times larger or smaller than this was made, or scaled, by others.
NATURAL_RADIUS = 3.0
OTHER_UNIT = 3.0


def place_new(
    new_vectors: ArrayLike,
    vectors: ArrayLike,
    positions: ArrayLike,
    *,
    n_jobs: int = -1,
    on_progress: OnProgress | None = None,
) -> Floats:
    """Find places for new images among old ones that stay where they are.

    A new image depends on the old ones alone, so many may be placed in any batches, on any number of machines, and come out the
    same up to rounding. There is no randomness.

    Parameters
    ----------
    new_vectors: (n_new, n_features), finite.
    vectors: (n_old, n_features), finite, of the images that have places; at least one.
    positions: (n_old, 3), their places, in any unit.
    n_jobs: threads; -1 for all cores.
    on_progress: told of "neighbours" (parts) and "positions" (iterations); raising from it stops the work.

    Returns
    -------
    float32 (n_new, 3), in the frame of `positions`.

    Raises
    ------
    ValueError: wrong shapes, numbers that are not finite, no old image, or numbers of features that differ.
    """
    from catalog.layout.affinities import conditional_probabilities  # half a second of imports that only this needs
    from catalog.layout.neighbours import find_neighbours
    from catalog.layout.threads import Workers

    new, old = check_array(new_vectors, "new_vectors"), check_array(vectors, "vectors")
    places = check_array(positions, "positions", (len(old), 3))
    if new.shape[1] != old.shape[1]:
        raise ValueError(f"Expected new_vectors of {old.shape[1]} features, as vectors have, got {new.shape[1]}.")
    if len(old) == 0:
        raise ValueError("Expected at least 1 image that has a place, got none: lay the images out first.")
    if len(new) == 0:
        return np.empty((0, 3), dtype=np.float32)
    told = on_progress or no_progress
    with Workers(n_jobs) as workers:
        k = min(N_NEIGHBOURS, len(old))
        near = find_neighbours(old, k, queries=new, workers=workers, on_progress=told)
        # The median, not the mean: one neighbour on the other side of the galaxy must not pull an image into the void between.
        start = np.median(places[near.indices], axis=1).astype(np.float32)
        if k < N_NEIGHBOURS:
            return start
        p = conditional_probabilities(near, PERPLEXITY, workers=workers)
        from catalog.layout.settling import settle

        unit = _unit(places)
        settled = settle(start / unit, near.indices, p, places / unit, workers=workers, on_progress=told)
        return settled * unit


def _unit(places: Floats) -> np.float32:
    """Return by what to divide places so that they have t-SNE's unit: 1 unless they are far from it."""
    unit = galaxy_radius(places) / (NATURAL_RADIUS * np.cbrt(len(places)))
    return np.float32(unit if unit > 0 and not 1 / OTHER_UNIT < unit < OTHER_UNIT else 1.0)
