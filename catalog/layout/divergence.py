"""The Kullback-Leibler divergence that t-SNE minimises: exact, or with a sampled normaliser and its error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.affinities import Affinities
from catalog.layout.compiled import kernel
from catalog.layout.threads import Workers, cut_evenly

Floats = NDArray[np.float32]

EXACT_UP_TO = 100_000  # all pairs of 100,000 take some two seconds on two cores
SAMPLE = 10_000  # rows of the normaliser beyond that
PARTS = 64
TILE = 4096  # terms summed in float32 before they join a float64


@dataclass(frozen=True)
class Divergence:
    """In nats."""

    value: float
    standard_error: float
    """0 where the normaliser was summed over all pairs."""


def kl_divergence(
    affinities: Affinities, positions: ArrayLike, *, exact: bool | None = None, random_state: int = 0, workers: Workers
) -> Divergence:
    """Return sum_ij p_ij log(p_ij / q_ij), q_ij = (1 + |y_i - y_j|²)^-1 / Z over all pairs.

    Parameters
    ----------
    affinities: P.
    positions: (n_samples, 3), in the same order.
    exact: sum Z over all pairs, or over all partners of a random sample of rows; by default exact up to `EXACT_UP_TO`.
    """
    y = np.ascontiguousarray(np.asarray(positions, dtype=np.float32).T)
    n = y.shape[1]
    if exact is None:
        exact = n <= EXACT_UP_TO
    rows = np.arange(n) if exact else np.sort(np.random.default_rng(random_state).permutation(n)[:SAMPLE])
    sums = np.concatenate(
        workers.map(lambda first, last: _kernel_sums(y, rows[first:last]), cut_evenly(len(rows), PARTS))
    )
    p = affinities
    known = sum(
        workers.map(
            lambda first, last: _known_part(p.indptr, p.indices, p.values, y, first, last), cut_evenly(n, PARTS)
        )
    )
    normaliser = sums.mean() * n
    # The logarithm of a mean: its error is the mean's relative error, less what the finite population takes off.
    error = 0.0 if exact else sums.std(ddof=1) / sums.mean() / np.sqrt(len(rows)) * np.sqrt(1 - len(rows) / n)
    return Divergence(float(known + np.log(normaliser)), float(error))


@kernel
def _kernel_sums(y: Floats, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each row the sum of q over all other points."""
    n = y.shape[1]
    sums = np.empty(len(rows), np.float64)
    for r in range(len(rows)):
        i = rows[r]
        total = -1.0  # itself
        for start in range(0, n, TILE):
            total += float(_tile_sum(y[0], y[1], y[2], start, min(n, start + TILE), y[0, i], y[1, i], y[2, i]))
        sums[r] = total
    return sums


@kernel
def _tile_sum(
    xs: Floats, ys: Floats, zs: Floats, start: int, stop: int, x: np.float32, y: np.float32, z: np.float32
) -> np.float32:
    one = np.float32(1)
    total = np.float32(0)
    for j in range(start, stop):
        dx = x - xs[j]
        dy = y - ys[j]
        dz = z - zs[j]
        total += one / (one + dx * dx + dy * dy + dz * dz)
    return total


@kernel
def _known_part(
    indptr: NDArray[np.int64], indices: NDArray[np.uint32], values: Floats, y: Floats, first: int, last: int
) -> float:
    """Return sum p log p + p log(1 + d²) of these rows."""
    total = 0.0
    for i in range(first, last):
        for e in range(indptr[i], indptr[i + 1]):
            p = np.float64(values[e])
            if p > 0.0:  # far neighbours' p may be too small for a float32
                j = indices[e]
                squared = 0.0
                for axis in range(3):
                    difference = np.float64(y[axis, i]) - np.float64(y[axis, j])
                    squared += difference * difference
                total += p * np.log(p * (1.0 + squared))
    return total
