"""The same galaxy in the plane, for people whom three dimensions do not help.

t-SNE again, from the places in space and not from the vectors: who is near in space is to be near in the plane, and nothing else has a say.
It starts as the galaxy's shadow on its principal plane, already about as wide as it will be, so that nothing has to unfold and most
images stay about where their shadow is. At the end piles are loosened, as in space. The descent is that of three dimensions
(`catalog.layout.descent`): without a height, nothing ever pulls a point out of the plane.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.alignment import align_positions, galaxy_radius
from catalog.layout.inputs import check_array
from catalog.layout.positions import FEW_IMAGES, ONE_THREAD_BELOW, fit_perplexity
from catalog.layout.progress import OnProgress, no_progress
from catalog.layout.spreading import spread_positions

Floats = NDArray[np.float32]

PERPLEXITY = 15.0  # with 5 fewer neighbours are kept, with 30 no more, for twice the memory
ITERATIONS = 250
UPDATE_ITERATIONS = 50
# The radius of t-SNE's maps in two dimensions is about 0.8 sqrt(n); a somewhat smaller start grows to it.
START_RADIUS = 0.5
NATURAL_RADIUS = 0.8
N_NEIGHBOURS = 10
NEW_PERPLEXITY = 5.0
SPREAD_ROUNDS = 10  # thirty more take four times as long, and only what is nearly loose gets looser
STAGE = "Flattening"


def flatten_positions(
    positions: ArrayLike,
    *,
    previous: ArrayLike | None = None,
    n_jobs: int = -1,
    on_progress: OnProgress | None = None,
) -> Floats:
    """Lay a galaxy out in the plane, so that images that are neighbours in space are neighbours there.

    There is no randomness: the same input on the same machine gives the same bits, whatever the number of threads.

    Parameters
    ----------
    positions: (n_samples, 3), finite, at least one.
    previous: (n_samples, 2), the flat map that people know, in any unit; rows of NaN are images that it did not have.
        They start among their neighbours, all are settled by a short descent, and the result is laid on that map again.
    n_jobs: threads, -1 for all cores.
    on_progress: told of "Flattening" (iterations); raising from it stops the work.

    Returns
    -------
    float32 (n_samples, 2): in the unit of `positions`, centred, turned and scaled as the galaxy's shadow on its principal plane; with
    `previous` in that map's frame. Fewer than ten images are their shadow.

    Raises
    ------
    ValueError: no image, wrong shapes, or numbers that are not finite.
    """
    places = check_array(positions, "positions")
    if places.shape[1] != 3 or len(places) == 0:
        raise ValueError(f"Expected positions of shape (n_samples, 3) with at least one row, got {places.shape}.")
    known = _known_rows(previous, len(places))
    shadow = _shadow(places)
    if len(places) < FEW_IMAGES:
        return shadow
    told = on_progress or no_progress
    told(STAGE, 0, 0)
    if known is None or previous is None:
        flat = _descend(places, shadow, START_RADIUS, ITERATIONS, n_jobs, told)
        return spread_positions(align_positions(flat, shadow), n_rounds=SPREAD_ROUNDS)
    start = np.array(previous, dtype=np.float32)
    start[~known] = flatten_new(places[~known], places[known], start[known], n_jobs=n_jobs)
    flat = _descend(places, start, NATURAL_RADIUS, UPDATE_ITERATIONS, n_jobs, told)
    loose = spread_positions(flat, n_rounds=SPREAD_ROUNDS)
    return align_positions(loose, start, known)


def flatten_new(new_positions: ArrayLike, positions: ArrayLike, flat: ArrayLike, *, n_jobs: int = -1) -> Floats:
    """Find places in the plane for new images among old ones that stay where they are.

    As `place_new` in space: a new image starts at the median of its ten nearest there, is pulled by them and pushed by everybody. New
    images make room for each other, and apart from this depend on the old ones alone.

    Parameters
    ----------
    new_positions: (n_new, 3), finite.
    positions: (n_old, 3), finite, at least one.
    flat: (n_old, 2), where those lie in the plane, in any unit.
    n_jobs: threads, -1 for all cores.

    Returns
    -------
    float32 (n_new, 2), in the frame of `flat`.

    Raises
    ------
    ValueError: wrong shapes, numbers that are not finite, or no old image.
    """
    from scipy.spatial import cKDTree

    new, old = check_array(new_positions, "new_positions"), check_array(positions, "positions")
    plane = check_array(flat, "flat", (len(old), 2))
    if new.shape[1] != 3 or old.shape[1] != 3 or len(old) == 0:
        raise ValueError(
            f"Expected new positions and positions of shape (n, 3), at least one of these, got {new.shape} and {old.shape}."
        )
    if len(new) == 0:
        return np.empty((0, 2), dtype=np.float32)
    k = min(N_NEIGHBOURS, len(old))
    distances, nearest = cKDTree(old).query(new, k=k, workers=n_jobs)
    distances, nearest = distances.reshape(len(new), k), nearest.reshape(len(new), k)
    start: Floats = np.median(plane[nearest], axis=1).astype(np.float32)
    if k < N_NEIGHBOURS:
        return start
    from catalog.layout.affinities import conditional_probabilities  # half a second of imports that only this needs
    from catalog.layout.neighbours import Neighbours
    from catalog.layout.settling import settle
    from catalog.layout.threads import Workers

    near = Neighbours(nearest.astype(np.uint32), (distances**2).astype(np.float32), exact=True)
    unit = _unit(plane, NATURAL_RADIUS)
    with Workers(n_jobs) as workers:
        p = conditional_probabilities(near, NEW_PERPLEXITY, workers=workers)
        settled = settle(
            _lift(start / unit), near.indices, p, _lift(plane / unit), workers=workers, on_progress=no_progress
        )
    both = np.concatenate([plane, settled[:, :2] * unit])
    is_old = np.arange(len(both)) < len(old)
    loose = spread_positions(both, fixed=is_old, n_rounds=SPREAD_ROUNDS)
    return np.ascontiguousarray(loose[~is_old])


def _descend(places: Floats, start: Floats, radius: float, n_iterations: int, n_jobs: int, told: OnProgress) -> Floats:
    """Return float32 (n_samples, 2): where the descent ends that begins at `start`, made so wide (times sqrt(n))."""
    from scipy.spatial import cKDTree

    from catalog.layout.affinities import NEIGHBOURS_PER_PERPLEXITY, joint_probabilities
    from catalog.layout.descent import Phase, descend
    from catalog.layout.neighbours import Neighbours
    from catalog.layout.threads import Workers

    def tell(stage: str, done: int, total: int) -> None:
        told(STAGE, done, total)

    perplexity = fit_perplexity(PERPLEXITY, len(places))
    k = min(len(places) - 1, int(NEIGHBOURS_PER_PERPLEXITY * perplexity))
    distances, found = cKDTree(places).query(places, k=k + 1, workers=n_jobs)
    # Among images in the very same spot the first found need not be the image itself; it is as near, and as good to leave out.
    near = Neighbours(
        np.ascontiguousarray(found[:, 1:], dtype=np.uint32),
        np.ascontiguousarray(distances[:, 1:] ** 2, dtype=np.float32),
        exact=True,
    )
    with Workers(1 if len(places) < ONE_THREAD_BELOW else n_jobs) as workers:
        affinities = joint_probabilities(near, perplexity, workers=workers)
        flat = descend(
            affinities, _lift(start / _unit(start, radius)), [Phase(n_iterations)], workers=workers, on_progress=tell
        )
    return np.ascontiguousarray(flat[:, :2])


def _known_rows(previous: ArrayLike | None, n_samples: int) -> NDArray[np.bool_] | None:
    """Return who is on the known map, bool (n_samples,); None if nobody is."""
    if previous is None:
        return None
    flat = np.asarray(previous, dtype=np.float32)
    if flat.shape != (n_samples, 2):
        raise ValueError(f"Expected previous of shape {(n_samples, 2)}, one row per image, got {flat.shape}.")
    known = np.asarray(~np.isnan(flat).all(axis=1))
    check_array(flat[known], "previous")
    return known if known.any() else None


def _shadow(places: Floats) -> Floats:
    """Return float32 (n_samples, 2), centred: the places along the two directions in which they differ most.

    Of each direction's two senses the one in which its largest number is positive.
    """
    centred = places.astype(np.float64) - places.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    plane = directions[:, :0:-1]
    largest = plane[np.abs(plane).argmax(axis=0), [0, 1]]
    return np.ascontiguousarray(centred @ (plane * np.sign(largest)), dtype=np.float32)


def _unit(flat: Floats, radius: float) -> np.float32:
    """Return by what to divide a flat map so that it gets the radius `radius` x sqrt(n)."""
    unit = galaxy_radius(flat) / (radius * np.sqrt(len(flat)))
    return np.float32(unit if unit > 0 else 1.0)


def _lift(flat: Floats) -> Floats:
    """Return float32 (n_samples, 3): the plane in space, at height 0."""
    return np.column_stack((flat, np.zeros(len(flat), dtype=np.float32))).astype(np.float32)
