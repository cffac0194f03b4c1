"""The descent of new points among fixed ones."""

import numpy as np
from numpy.typing import NDArray

from catalog.layout.compiled import kernel
from catalog.layout.forces import RUN, push_points
from catalog.layout.octree import Octree
from catalog.layout.progress import OnProgress
from catalog.layout.threads import Workers, cut_evenly

Floats = NDArray[np.float32]
Indices = NDArray[np.uint32]

EXAGGERATION = (
    4.0  # of the pull: new points neither push nor pull each other, and without it their crowd pushes them out
)
N_ITERATIONS = 100
LEARNING_RATE = 0.5
MAX_SLOPE = 0.25
THETA = 0.5
PROGRESS_EVERY = 10  # iterations
PARTS = 8


def settle(
    start: Floats, neighbours: Indices, p: Floats, places: Floats, *, workers: Workers, on_progress: OnProgress
) -> Floats:
    """Move new points from `start` to where their neighbours' pull and everybody's push are even.

    Parameters
    ----------
    start: float32 (n_new, 3).
    neighbours: uint32 (n_new, k), who of the fixed points pulls.
    p: float32 (n_new, k), how much; each row's sum is 1.
    places: float32 (n_old, 3), the fixed points.

    Returns
    -------
    float32 (n_new, 3).
    """
    fixed, moving = Octree(len(places)), Octree(len(start))
    fixed.build(places, THETA)
    y, push = start.copy(), np.zeros((len(start), 4), np.float32)
    velocity, gains = np.zeros_like(y), np.ones_like(y)
    # Few new points lie far apart: points that share a walk should be as near to each other as old ones are.
    run = max(1, min(RUN, RUN * len(y) // len(places)))
    parts = cut_evenly(len(y), PARTS)
    for iteration in range(N_ITERATIONS):
        if iteration % PROGRESS_EVERY == 0:
            on_progress("positions", iteration, N_ITERATIONS)
        moving.build(y, 0.0)
        push_points(fixed, moving, push, theta=THETA, run=run, workers=workers)
        workers.map(lambda first, last: _step(y, velocity, gains, neighbours, p, places, push, first, last), parts)
    on_progress("positions", N_ITERATIONS, N_ITERATIONS)
    return y


@kernel
def _step(
    y: Floats,
    velocity: Floats,
    gains: Floats,
    neighbours: Indices,
    p: Floats,
    places: Floats,
    push: Floats,
    first: int,
    last: int,
) -> None:
    one = np.float32(1)
    slope = np.empty(3, np.float32)
    for i in range(first, last):
        slope[:] = 0
        for c in range(neighbours.shape[1]):
            j = neighbours[i, c]
            dx, dy, dz = y[i, 0] - places[j, 0], y[i, 1] - places[j, 1], y[i, 2] - places[j, 2]
            w = np.float32(EXAGGERATION) * p[i, c] / (one + dx * dx + dy * dy + dz * dz)
            slope[0] += w * dx
            slope[1] += w * dy
            slope[2] += w * dz
        squared = np.float32(0)
        for axis in range(3):
            slope[axis] -= push[i, axis] / push[i, 3]
            squared += slope[axis] * slope[axis]
        shorter = min(one, np.float32(MAX_SLOPE) / np.sqrt(squared + np.float32(1e-12)))
        for axis in range(3):
            downhill = slope[axis] * shorter
            if (downhill > 0) == (velocity[i, axis] > 0):
                gains[i, axis] = gains[i, axis] * np.float32(0.8) + np.float32(0.01)
            else:
                gains[i, axis] += np.float32(0.2)
            velocity[i, axis] = (
                np.float32(0.8) * velocity[i, axis] - np.float32(LEARNING_RATE) * gains[i, axis] * downhill
            )
            y[i, axis] += velocity[i, axis]
