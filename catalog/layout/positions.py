"""From vectors to places in space: PCA, then t-SNE to three dimensions.

t-SNE is van der Maaten's Barnes-Hut variant (JMLR 15, 2014) with openTSNE's rules of descent, the learning rate n / exaggeration of Belkina
et al. (Nature Communications 10, 2019) and the PCA start of Kobak and Berens (Nature Communications 10, 2019). docs/layout.md
tells how it is made fast and what it was measured to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.alignment import align_positions
from catalog.layout.inputs import check_array
from catalog.layout.progress import OnProgress, no_progress
from catalog.layout.reduction import principal_components

if TYPE_CHECKING:
    from catalog.layout.affinities import Affinities
    from catalog.layout.descent import Phase
    from catalog.layout.threads import Workers

Floats = NDArray[np.float32]

N_COMPONENTS = 50  # as the original galaxy; beyond it, label vectors hold mostly noise and the search only slows down
FEW_IMAGES = 10  # below this there are not enough neighbours to speak of neighbourhoods
MIN_PERPLEXITY = 3.0
MAX_PERPLEXITY = 1000.0  # three times as many neighbours of a million images would not fit into 24 GB
IMAGES_PER_NEIGHBOURHOOD = 10  # on 100 to 700 museum label sets: within 2 % of the best recall, clearer groups
# Threads wait for each other twice an iteration; on a busy machine that made 100 images take nine seconds instead of one third.
ONE_THREAD_BELOW = 2_000

EARLY_EXAGGERATION = 12.0
EARLY_ITERATIONS = 250
ITERATIONS = 500
# From an earlier map: with 25 the divergence creeps up by 0.4 % an addition of 1 %, with 250 the median image moves by 2 % of the radius.
UPDATE_ITERATIONS = 100
MOSTLY_NEW = 0.25  # with a larger share of new images the map is unfolded anew from the old arrangement
# The same where P is not within its nearest hundredth of the map (0: no better than chance, 1: all of it; maps that fit reach 0.9): the
# vectors mean something else by now.
FIT = 0.5
FIT_ROWS = 200

START_STD = 1e-4  # t-SNE wants to start small, or distant points never meet
START_JITTER = 0.01  # of START_STD: identical images start apart and never divide by a distance of 0


@dataclass(frozen=True)
class Layout:
    """Where every image lies, and how that came about."""

    positions: Floats
    """float32 (n_samples, 3), centred. The unit is t-SNE's own: the Student kernel's width is 1, so near neighbours lie
    some tenths apart, and the whole grows roughly with the cube root of n_samples (of 4,000 images, 95 % lie within 60 of the
    centre). With `initial` it is that map's unit."""
    kl_divergence: float | None
    """Kullback-Leibler divergence in nats, before any alignment; None where no t-SNE was needed (fewer than ten images, or all
    the same)."""
    n_iterations: int
    perplexity: float | None
    """The perplexity used, after fitting it to n_samples; None as above."""
    stage_seconds: dict[str, float] = field(default_factory=dict)
    """Wall-clock seconds of "reduce", "neighbours", "affinities", "optimise" and "divergence"."""
    kl_standard_error: float = 0.0
    """Of the divergence's sampled normaliser; 0 up to 100,000 images, where it is exact."""

    @property
    def seconds(self) -> float:
        return sum(self.stage_seconds.values())


def fit_perplexity(perplexity: float, n_samples: int) -> float:
    """Return the perplexity to use for so many samples.

    The smallest of: what was asked for; a tenth of the images (at least 3), so that a small library still falls into
    groups instead of one ball; and (n_samples - 1) / 3, the most for which three times as many neighbours exist.
    """
    return min(perplexity, max(MIN_PERPLEXITY, n_samples / IMAGES_PER_NEIGHBOURHOOD), (n_samples - 1) / 3)


def compute_positions(
    vectors: ArrayLike,
    *,
    perplexity: float = 50.0,
    random_state: int = 0,
    initial: ArrayLike | None = None,
    deterministic: bool = False,
    n_jobs: int = -1,
    on_progress: OnProgress | None = None,
) -> Layout:
    """Place images in space so that like lies near like.

    Fewer than ten images are placed by their principal components alone, one at the origin; identical vectors become a
    small ball. The same input, seed, machine and number of threads give the same bits.

    Parameters
    ----------
    vectors: (n_samples, n_features), finite; n_samples at least 1, n_features at least 1.
    perplexity: how many neighbours an image has in effect, above 1 and at most 1,000; made smaller for few images by
        `fit_perplexity`.
    random_state: seed of the start's jitter and of the neighbour search's cells.
    initial: (n_samples, 3), the map that people know; rows of NaN are images that are new. They are placed among the others
        (`place_new`), and all are settled by a short descent. Where a quarter or more are new, or the old map does not fit the
        vectors any more, the descent is a whole one, from the old arrangement made small. The result is turned, mirrored and scaled
        onto the old map.
    deterministic: the same bits whatever the number of threads, too: BLAS then sums on one thread, and "reduce" takes under
        a second for 80,984 x 256; nothing else changes.
    n_jobs: threads; -1 for all cores. Fewer than 2,000 images are always one thread's work.
    on_progress: told of "neighbours" (parts) and "positions" (iterations); raising from it stops the work.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError: no image, a wrong shape, a number that is not finite, or a perplexity out of range.
    """
    x = check_array(vectors, "vectors")
    n_samples = len(x)
    if n_samples == 0:
        raise ValueError("Expected the vectors of at least 1 image, got none: a galaxy needs an image.")
    if not 1 < perplexity <= MAX_PERPLEXITY:
        raise ValueError(
            f"Expected a perplexity above 1 and at most {MAX_PERPLEXITY:g}, got {perplexity}; 30 to 50 suits most libraries."
        )
    known = None if initial is None else _Known(initial, n_samples)
    if known is not None and not known.placed.any():
        known = None
    told = on_progress or no_progress
    rng = np.random.default_rng(random_state)
    if n_samples < FEW_IMAGES or not np.ptp(x, axis=0).any():
        positions = _centre(_place_few(x) if n_samples < FEW_IMAGES else _ball(n_samples, rng))
        told("positions", 1, 1)
        return Layout(positions if known is None else known.align(positions), None, 0, None)
    return _Run(x, perplexity, random_state, deterministic, n_jobs, told).lay_out(known, rng)


class _Known:
    """The map that people know, and who is on it."""

    def __init__(self, initial: ArrayLike, n_samples: int) -> None:
        places = np.asarray(initial, dtype=np.float32)
        if places.shape != (n_samples, 3):
            raise ValueError(f"Expected initial of shape {(n_samples, 3)}, one row per image, got {places.shape}.")
        self.placed = ~np.isnan(places).all(axis=1)
        check_array(places[self.placed], "initial")
        self.places = places

    @property
    def share_new(self) -> float:
        return 1.0 - float(self.placed.mean())

    def align(self, positions: Floats) -> Floats:
        """Lay new positions on the old ones, centred."""
        return _centre(align_positions(positions, np.nan_to_num(self.places), self.placed))


class _Run:
    """One layout from its vectors to the end, with the time of each stage."""

    def __init__(
        self, x: Floats, perplexity: float, random_state: int, deterministic: bool, n_jobs: int, told: OnProgress
    ) -> None:
        self.x, self.random_state, self.deterministic, self.told = x, random_state, deterministic, told
        self.n_jobs = 1 if len(x) < ONE_THREAD_BELOW else n_jobs
        self.perplexity = fit_perplexity(perplexity, len(x))
        self.seconds: dict[str, float] = {}
        self.n_iterations = 0

    def lay_out(self, known: _Known | None, rng: np.random.Generator) -> Layout:
        from catalog.layout.descent import Phase  # half a second of imports that only a build needs
        from catalog.layout.threads import Workers

        whole = (Phase(EARLY_ITERATIONS, EARLY_EXAGGERATION), Phase(ITERATIONS))
        with Workers(self.n_jobs) as workers:
            affinities, reduced = self._affinities(workers)
            if known is None:
                positions = self._descend(affinities, small_start(reduced[:, :3], rng), whole, workers)
            else:
                positions = self._settle(known, affinities, rng, whole, workers)
            with self._stage("divergence"):
                from catalog.layout.divergence import kl_divergence

                divergence = kl_divergence(affinities, positions, workers=workers)
        return Layout(
            positions if known is None else known.align(positions),
            divergence.value,
            self.n_iterations,
            self.perplexity,
            self.seconds,
            divergence.standard_error,
        )

    def _affinities(self, workers: Workers) -> tuple[Affinities, Floats]:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

        from catalog.layout.affinities import NEIGHBOURS_PER_PERPLEXITY, joint_probabilities
        from catalog.layout.neighbours import find_neighbours

        with self._stage("reduce"), threadpool_limits(1 if self.deterministic else workers.n_threads):
            reduced = principal_components(self.x, N_COMPONENTS)
        with self._stage("neighbours"):
            k = min(len(reduced) - 1, int(NEIGHBOURS_PER_PERPLEXITY * self.perplexity))
            neighbours = find_neighbours(
                reduced, k, random_state=self.random_state, workers=workers, on_progress=self.told
            )
        with self._stage("affinities"):
            affinities = joint_probabilities(neighbours, self.perplexity, workers=workers)
        return affinities, reduced

    def _settle(
        self,
        known: _Known,
        affinities: Affinities,
        rng: np.random.Generator,
        whole: Sequence[Phase],
        workers: Workers,
    ) -> Floats:
        """Go on from a known map: shortly where it still fits, else wholly."""
        from catalog.layout.descent import Phase
        from catalog.layout.placing import place_new

        start = known.places.copy()
        new = ~known.placed
        if new.any():
            start[new] = place_new(self.x[new], self.x[~new], known.places[~new], n_jobs=self.n_jobs)
        if known.share_new < MOSTLY_NEW and _fit(affinities, start, rng) > FIT:
            return self._descend(affinities, _centre(start), [Phase(UPDATE_ITERATIONS)], workers)
        return self._descend(affinities, small_start(start, rng), whole, workers)

    def _descend(self, affinities: Affinities, start: Floats, phases: Sequence[Phase], workers: Workers) -> Floats:
        from catalog.layout.descent import descend

        with self._stage("optimise"):
            positions = descend(affinities, start, phases, workers=workers, on_progress=self.told)
        self.n_iterations += sum(phase.n_iterations for phase in phases)
        return positions

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - began


def _fit(affinities: Affinities, positions: Floats, rng: np.random.Generator) -> float:
    """Return how much of sampled images' P lies near them on a map: 0 as little as by chance (or less), 1 all of it.

    Near are the nearest hundredth of all images, or as many as have a share in the row of P.
    """
    n_samples = len(positions)
    excess = 0.0
    rows = rng.permutation(n_samples)[:FIT_ROWS]
    for row in rows:
        edges = slice(affinities.indptr[row], affinities.indptr[row + 1])
        n_near = min(max(n_samples // 100, edges.stop - edges.start), n_samples - 1)
        distances = ((positions - positions[row]) ** 2).sum(axis=1)
        near = distances[affinities.indices[edges]] <= np.partition(distances, n_near)[n_near]
        kept = affinities.values[edges][near].sum() / affinities.values[edges].sum()
        chance = n_near / n_samples
        excess += (kept - chance) / (1 - chance)
    return float(excess / len(rows))


def small_start(shape: Floats, rng: np.random.Generator) -> Floats:
    """Return float32 (n_samples, 3): `shape` (one to three columns) shrunk to t-SNE's small start, with a seeded jitter."""
    start = np.zeros((len(shape), 3))
    start[:, : shape.shape[1]] = shape - shape.mean(axis=0, dtype=np.float64)
    spread = start.std(axis=0).max()
    if spread > 0:
        start *= START_STD / spread
    return (start + rng.normal(0.0, START_STD * START_JITTER, start.shape)).astype(np.float32)


def _place_few(x: Floats) -> NDArray[np.float64]:
    """Place fewer than ten images: their principal components within radius 1, each moved a twentieth its own way.

    The small moves (along directions spread evenly over a sphere) keep identical images apart.
    """
    n_samples = len(x)
    if n_samples == 1:
        return np.zeros((1, 3))
    places = np.zeros((n_samples, 3))
    components = principal_components(x, 3)
    places[:, : components.shape[1]] = components
    radius = np.linalg.norm(places, axis=1).max()
    if radius > 0:
        places /= radius
    # A Fibonacci sphere: even heights, turned by the golden angle.
    heights = 1 - (2 * np.arange(n_samples) + 1) / n_samples
    angles = np.arange(n_samples) * np.pi * (3 - np.sqrt(5))
    rings = np.sqrt(1 - heights**2)
    directions = np.column_stack((rings * np.cos(angles), rings * np.sin(angles), heights))
    return np.asarray(places + 0.05 * directions)


def _ball(n_samples: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Fill a ball evenly, one unit of volume a point: what images that all look the same deserve."""
    directions = rng.standard_normal((n_samples, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    radius = np.cbrt(3 * n_samples / (4 * np.pi))
    return np.asarray(directions * (radius * np.cbrt(rng.random((n_samples, 1)))))


def _centre(positions: ArrayLike) -> Floats:
    places = np.asarray(positions, dtype=np.float64)
    return np.asarray(places - places.mean(axis=0), dtype=np.float32)
