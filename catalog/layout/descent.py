"""Gradient descent with momentum and gains, on t-SNE's objective.

The rules and constants are openTSNE's: gains as Jacobs (Neural Networks 1, 1988), the learning rate n / exaggeration of Belkina et al.
(Nature Communications 10, 2019), steps of at most 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.layout.affinities import Affinities
from catalog.layout.compiled import kernel
from catalog.layout.forces import Forces
from catalog.layout.octree import Octree
from catalog.layout.progress import OnProgress, no_progress
from catalog.layout.threads import Workers

Floats = NDArray[np.float32]

THETA = 0.4
MOMENTUM = 0.8
MIN_GAIN = 0.01
MAX_STEP = 5.0
PROGRESS_EVERY = 10  # iterations
# Neighbours on the map are kept neighbours in memory: points and P are put into Morton order again where the map has changed most.
REORDER_AT = (0, 60, 120, 250, 400)


@dataclass(frozen=True)
class Phase:
    """So many iterations with one exaggeration of the attraction."""

    n_iterations: int
    exaggeration: float = 1.0


def descend(
    affinities: Affinities,
    start: Floats,
    phases: Sequence[Phase],
    *,
    theta: float = THETA,
    learning_rate: float | None = None,
    workers: Workers,
    on_progress: OnProgress = no_progress,
) -> Floats:
    """Move points from `start` downhill, phase by phase.

    Parameters
    ----------
    affinities: P.
    start: float32 (n_samples, 3), finite.
    phases: in order.
    theta: accuracy of the repulsion; see `catalog.layout.forces`.
    learning_rate: by default n_samples / exaggeration.
    on_progress: told of "positions" (iterations).

    Returns
    -------
    float32 (n_samples, 3), centred.
    """
    n_samples = affinities.n_samples
    forces = Forces(n_samples, theta=theta, workers=workers)
    state = _State(affinities, start)
    total = sum(phase.n_iterations for phase in phases)
    iteration = 0
    for phase in phases:
        rate = learning_rate if learning_rate is not None else n_samples / phase.exaggeration
        for _ in range(phase.n_iterations):
            if iteration in REORDER_AT:
                state.reorder(forces.tree, workers)
            if iteration % PROGRESS_EVERY == 0:
                on_progress("positions", iteration, total)
            z = forces.compute(state.affinities, state.places)
            _step(
                state.places,
                state.velocity,
                state.gains,
                forces.pull,
                forces.push,
                np.float32(phase.exaggeration),
                np.float32(1 / z),
                np.float32(rate),
            )
            iteration += 1
    on_progress("positions", total, total)
    return state.positions()


class _State:
    """Where the points are and where they are going, in an order of their own."""

    def __init__(self, affinities: Affinities, start: Floats) -> None:
        n = len(start)
        self.affinities = affinities
        self.places = np.zeros((n, 4), np.float32)
        self.places[:, :3] = start
        self.velocity, self.gains = np.zeros((n, 3), np.float32), np.ones((n, 3), np.float32)
        self._original = np.arange(n)

    def reorder(self, tree: Octree, workers: Workers) -> None:
        tree.sort(self.places)
        order = tree.order.astype(np.int64)
        self.affinities = self.affinities.reordered(order, workers)
        self.places, self.velocity, self.gains = self.places[order], self.velocity[order], self.gains[order]
        self._original = self._original[order]

    def positions(self) -> Floats:
        positions = np.empty((len(self.places), 3), np.float32)
        positions[self._original] = self.places[:, :3]
        return positions


@kernel
def _step(
    places: Floats,
    velocity: Floats,
    gains: Floats,
    pull: Floats,
    push: Floats,
    exaggeration: np.float32,
    per_z: np.float32,
    rate: np.float32,
) -> None:
    """Move every point by one step, and all of them back to the centre."""
    n = len(places)
    sums = np.zeros(3)
    longest = np.float32(MAX_STEP)
    for i in range(n):
        squared = np.float32(0)
        for axis in range(3):
            slope = exaggeration * pull[i, axis] - per_z * push[i, axis]
            if (slope > 0) == (velocity[i, axis] > 0):  # uphill still: the last step went too far
                gains[i, axis] = gains[i, axis] * np.float32(0.8) + np.float32(MIN_GAIN)
            else:
                gains[i, axis] += np.float32(0.2)
            moved = np.float32(MOMENTUM) * velocity[i, axis] - rate * gains[i, axis] * slope
            velocity[i, axis] = moved
            squared += moved * moved
        if squared > longest * longest:
            shorter = longest / np.sqrt(squared)
            for axis in range(3):
                velocity[i, axis] *= shorter
        for axis in range(3):
            places[i, axis] += velocity[i, axis]
            sums[axis] += places[i, axis]
    for axis in range(3):
        mean = np.float32(sums[axis] / n)
        for i in range(n):
            places[i, axis] -= mean
