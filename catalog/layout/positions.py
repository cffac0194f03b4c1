"""From vectors to places in space: PCA, then t-SNE to three dimensions.

t-SNE is van der Maaten's Barnes-Hut variant (JMLR 15, 2014) as openTSNE implements it, with the learning rate n / exaggeration
of Belkina et al. (Nature Communications 10, 2019) and the PCA start of Kobak and Berens (Nature Communications 10, 2019).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import joblib  # type: ignore[import-untyped]  # comes with scikit-learn
import numpy as np
from numpy.typing import ArrayLike, NDArray

from catalog.layout.progress import OnProgress, no_progress

Floats = NDArray[np.float32]

N_COMPONENTS = 50  # as the original galaxy; beyond it, label vectors hold mostly noise and the search only slows down
FEW_IMAGES = 10  # below this there are not enough neighbours to speak of neighbourhoods
MIN_PERPLEXITY = 3.0
IMAGES_PER_NEIGHBOURHOOD = 10  # on 100 to 700 museum label sets: within 2 % of the best recall, clearer groups
# Exact search of 20,000 x 50 takes 1.4 s on two cores, so this many some 40 s, and it answers the same every time; above it, Annoy.
EXACT_NEIGHBOURS_UP_TO = 100_000

# Threads wait for each other twice an iteration; on a busy machine that made 100 images take nine seconds instead of one third.
ONE_THREAD_BELOW = 2_000

EARLY_EXAGGERATION = 12.0
EARLY_ITERATIONS = 250
ITERATIONS = 500
PROGRESS_EVERY = 10  # iterations; for each call openTSNE also evaluates the divergence, a logarithm per edge

START_STD = 1e-4  # t-SNE wants to start small, or distant points never meet
START_JITTER = 0.01  # of START_STD: identical images start apart and never divide by a distance of 0


@dataclass(frozen=True)
class Layout:
    """Where every image lies, and how that came about."""

    positions: Floats
    """float32 (n_samples, 3), centred. The unit is t-SNE's own: the Student kernel's width is 1, so near neighbours lie
    some tenths apart, and the whole grows roughly with the cube root of n_samples (of 4,000 images, 95 % lie within 60 of the centre)."""
    kl_divergence: float | None
    """Kullback-Leibler divergence in nats; None where no t-SNE was needed (fewer than ten images, or all the same)."""
    n_iterations: int
    perplexity: float | None
    """The perplexity used, after fitting it to n_samples; None as above."""
    stage_seconds: dict[str, float] = field(default_factory=dict)
    """Wall-clock seconds of "reduce", "neighbours" and "optimise"."""

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
    n_jobs: int = -1,
    on_progress: OnProgress = no_progress,
) -> Layout:
    """Place images in space so that like lies near like.

    Fewer than ten images are placed by their principal components alone, one at the origin; identical vectors become a
    small ball. The same input, seed, machine and number of threads give the same positions up to `EXACT_NEIGHBOURS_UP_TO`
    images; above it, neighbours are approximate and only one thread repeats itself exactly.

    Parameters
    ----------
    vectors: (n_samples, n_features), finite; n_samples at least 1, n_features at least 1.
    perplexity: how many neighbours an image has in effect, above 0; made smaller for few images by `fit_perplexity`.
    random_state: seed of the start's jitter and of the approximate neighbours.
    initial: (n_samples, 3), finite; where to start instead of the principal components. Only its shape counts: it is
        scaled to t-SNE's small start, so the map unfolds from it with its arrangement kept.
    n_jobs: threads; -1 for all cores. Fewer than 2,000 images are always one thread's work.
    on_progress: told of "neighbours" (0 and 1 of 1) and "positions" (iterations); raising from it stops the work.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError: no image, a wrong shape, a number that is not finite, or a perplexity not above 0.
    """
    x = _check(vectors, "vectors")
    n_samples = len(x)
    if n_samples == 0:
        raise ValueError("Expected the vectors of at least 1 image, got none: a galaxy needs an image.")
    if not (np.isfinite(perplexity) and perplexity > 0):
        raise ValueError(f"Expected a perplexity above 0, got {perplexity}; 30 to 50 suits most libraries.")
    start = None if initial is None else _check(initial, "initial", (n_samples, 3))

    rng = np.random.default_rng(random_state)
    if n_samples < FEW_IMAGES or not np.ptp(x, axis=0).any():
        positions = _place_few(x) if n_samples < FEW_IMAGES else _ball(n_samples, rng)
        on_progress("positions", 1, 1)
        return Layout(_centre(positions), None, 0, None)

    seconds: dict[str, float] = {}
    began = perf_counter()
    reduced = principal_components(x, N_COMPONENTS)
    seconds["reduce"] = perf_counter() - began

    began = perf_counter()
    on_progress("neighbours", 0, 1)
    fitted = fit_perplexity(perplexity, n_samples)
    n_threads = 1 if n_samples < ONE_THREAD_BELOW else int(joblib.effective_n_jobs(n_jobs))
    affinities = _affinities(reduced, fitted, random_state, n_threads)
    on_progress("neighbours", 1, 1)
    seconds["neighbours"] = perf_counter() - began

    began = perf_counter()
    positions, kl_divergence = _optimise(
        affinities, _small_start(reduced[:, :3] if start is None else start, rng), n_threads, on_progress
    )
    seconds["optimise"] = perf_counter() - began
    return Layout(_centre(positions), kl_divergence, EARLY_ITERATIONS + ITERATIONS, fitted, seconds)


def principal_components(x: Floats, n_components: int) -> Floats:
    """Turn to the axes of greatest variance and keep the first ones.

    Through the covariance matrix, in blocks of float64: exact, the same every time, and no second copy of the data.

    Parameters
    ----------
    x: float32 (n_samples, n_features).
    n_components: at least 1; fewer come back where there are fewer features.

    Returns
    -------
    float32 (n_samples, min(n_components, n_features)), centred, largest variance first, each axis's sign fixed by its
    largest loading.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((x.shape[1], x.shape[1]))
    for block in np.array_split(x, max(1, len(x) // 16_384)):
        centred = block.astype(np.float64) - mean
        covariance += centred.T @ centred
    _, axes = np.linalg.eigh(covariance)
    axes = axes[:, ::-1][:, :n_components]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    return np.asarray((x - mean.astype(np.float32)) @ axes.astype(np.float32), dtype=np.float32)


def _check(values: ArrayLike, name: str, shape: tuple[int, int] | None = None) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"Expected {name} of real numbers, got dtype {array.dtype}.")
    if shape is not None and array.shape != shape:
        raise ValueError(f"Expected {name} of shape {shape}, one row per image, got {array.shape}.")
    if array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(f"Expected {name} of shape (n_samples, n_features), got {array.shape}.")
    # Through float32 first: what does not fit into it is as bad as infinity.
    with np.errstate(over="ignore"):
        array = array.astype(np.float32, copy=False)
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        raise ValueError(
            f"Expected finite {name}, got NaN, infinite or huge values in {(~finite).sum()} rows, first in row {row}."
        )
    return array


def _affinities(x: Floats, perplexity: float, random_state: int, n_threads: int) -> Any:
    from openTSNE.affinity import PerplexityBasedNN  # a second of imports that only a build needs

    method = "exact" if len(x) <= EXACT_NEIGHBOURS_UP_TO else "annoy"
    return PerplexityBasedNN(x, perplexity=perplexity, method=method, n_jobs=n_threads, random_state=random_state)


def _optimise(
    affinities: Any, start: NDArray[np.float64], n_threads: int, on_progress: OnProgress
) -> tuple[Any, float]:
    from openTSNE import TSNEEmbedding

    def reporter(done_before: int) -> Callable[[int, float, Any], None]:
        def report(iteration: int, _error: float, _embedding: Any) -> None:
            on_progress("positions", done_before + iteration, EARLY_ITERATIONS + ITERATIONS)

        return report

    # "bh" by name: left alone, openTSNE picks its FFT method above 10,000 points, which stops at two dimensions.
    embedding = TSNEEmbedding(start, affinities, negative_gradient_method="bh", n_jobs=n_threads)
    for done_before, n_iter, exaggeration in (
        (0, EARLY_ITERATIONS, EARLY_EXAGGERATION),
        (EARLY_ITERATIONS, ITERATIONS, 1.0),
    ):
        embedding.optimize(
            n_iter,
            exaggeration=exaggeration,
            momentum=0.8,
            inplace=True,
            propagate_exception=True,
            use_callbacks=True,
            callbacks=[reporter(done_before)],
            callbacks_every_iters=PROGRESS_EVERY,
        )
    return np.asarray(embedding), float(embedding.kl_divergence)


def _small_start(shape: Floats, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return float64 (n_samples, 3): `shape` (one to three columns) shrunk to t-SNE's small start, with a seeded jitter."""
    start = np.zeros((len(shape), 3))
    start[:, : shape.shape[1]] = shape - shape.mean(axis=0, dtype=np.float64)
    spread = start.std(axis=0).max()
    if spread > 0:
        start *= START_STD / spread
    return start + rng.normal(0.0, START_STD * START_JITTER, start.shape)


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
