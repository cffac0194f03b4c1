"""How fast and how good the layout is, against openTSNE on the same vectors in the same process.

All maps are scored against one reference, P of our own neighbours: exact up to `EXACT_UP_TO` points, and beyond that nearly so
(the report says how nearly).
"""

import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.layout.affinities import NEIGHBOURS_PER_PERPLEXITY, joint_probabilities
from catalog.layout.descent import Phase, descend
from catalog.layout.divergence import kl_divergence
from catalog.layout.neighbours import EXACT_UP_TO, Neighbours, find_neighbours
from catalog.layout.positions import (
    EARLY_EXAGGERATION,
    EARLY_ITERATIONS,
    ITERATIONS,
    N_COMPONENTS,
    compute_positions,
    small_start,
)
from catalog.layout.progress import OnProgress
from catalog.layout.quality import knn_recall
from catalog.layout.reduction import principal_components
from catalog.layout.threads import Workers

Floats = NDArray[np.float32]

__all__ = ["LayoutBenchmark", "Score", "benchmark_layout", "fit_exponent", "synthetic_vectors"]

FINE_THETA = 0.2
RECALL_ROWS = 10_000
WARM_UP_ROWS = 21_000  # enough to compile both ways of searching neighbours


@dataclass
class Score:
    """What one way of laying out came to."""

    name: str
    stage_seconds: dict[str, float]
    kl_divergence: float = 0.0
    kl_standard_error: float = 0.0
    knn_recall_at_10: float = 0.0

    @property
    def seconds(self) -> float:
        return sum(self.stage_seconds.values())


@dataclass
class LayoutBenchmark:
    """One set of vectors, laid out by each way."""

    n_samples: int
    n_features: int
    n_threads: int
    perplexity: float
    compile_seconds: float
    peak_memory_bytes: int
    """Peak resident memory of the process after our layout and before any other, the vectors included."""
    neighbours_found: float
    """Which part of the true neighbours (of sampled points) our search found; 1 where it is exact."""
    reference: str
    scores: list[Score] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All figures."""
        return {
            **{name: value for name, value in vars(self).items() if name != "scores"},
            "scores": [{**vars(score), "seconds": score.seconds} for score in self.scores],
        }


def benchmark_layout(
    vectors: Floats,
    *,
    perplexity: float = 50.0,
    random_state: int = 0,
    n_jobs: int = 2,
    against_opentsne: bool = False,
    against_fine: bool = False,
    on_progress: OnProgress,
) -> LayoutBenchmark:
    """Lay vectors out and score the map.

    Parameters
    ----------
    vectors: float32 (n_samples, n_features), at least 1,000 rows.
    against_opentsne: also with openTSNE: the same components, start, perplexity and iterations, Annoy, Barnes-Hut.
    against_fine: also with our own descent at theta = 0.2.

    Raises
    ------
    ValueError: as `compute_positions`, or fewer than 1,000 rows.
    """
    if len(vectors) < 1000:
        raise ValueError(f"Expected at least 1,000 vectors to time, got {len(vectors)}.")
    on_progress("Compiling", 0, 0)
    compile_seconds = _warm_up(vectors, n_jobs)
    on_progress("Galaxy", 0, 0)
    ours = compute_positions(
        vectors, perplexity=perplexity, random_state=random_state, n_jobs=n_jobs, on_progress=on_progress
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    stages = {name: seconds for name, seconds in ours.stage_seconds.items() if name != "divergence"}
    with Workers(n_jobs) as workers:
        on_progress("Reference", 0, 0)
        bench = _Bench(vectors, ours.perplexity or perplexity, random_state, workers)
        result = LayoutBenchmark(
            n_samples=vectors.shape[0],
            n_features=vectors.shape[1],
            n_threads=workers.n_threads,
            perplexity=bench.perplexity,
            compile_seconds=compile_seconds,
            peak_memory_bytes=peak,
            neighbours_found=bench.neighbours_found,
            reference=bench.describe(),
        )
        result.scores.append(bench.score("galaxy", ours.positions, stages))
        if against_fine:
            on_progress(f"theta = {FINE_THETA}", 0, 0)
            result.scores.append(bench.run_ours(FINE_THETA))
        if against_opentsne:
            on_progress("openTSNE", 0, 0)
            result.scores.append(bench.run_opentsne(n_jobs))
    return result


class _Bench:
    """What all ways share: the components, the start, and the reference P."""

    def __init__(self, vectors: Floats, perplexity: float, random_state: int, workers: Workers) -> None:
        self.vectors, self.perplexity, self.random_state, self.workers = vectors, perplexity, random_state, workers
        began = perf_counter()
        self.reduced = principal_components(vectors, N_COMPONENTS)
        self.reduce_seconds = perf_counter() - began
        self.start = small_start(self.reduced[:, :3], np.random.default_rng(random_state))
        k = int(NEIGHBOURS_PER_PERPLEXITY * perplexity)
        found = find_neighbours(self.reduced, k, random_state=random_state, workers=workers)
        self.neighbours_found = self._true_share(found)
        self.reference = joint_probabilities(found, perplexity, workers=workers)

    def describe(self) -> str:
        return "P of exact neighbours" if len(self.vectors) <= EXACT_UP_TO else "P of the layout's own neighbours"

    def score(self, name: str, positions: Floats, stage_seconds: dict[str, float]) -> Score:
        divergence = kl_divergence(self.reference, positions, workers=self.workers)
        recall = knn_recall(self.vectors, positions, n_queries=RECALL_ROWS, random_state=self.random_state)
        return Score(name, stage_seconds, divergence.value, divergence.standard_error, recall)

    def _true_share(self, found: Neighbours) -> float:
        """Return which part of the true neighbours of sampled points was found."""
        rows = np.sort(np.random.default_rng(self.random_state).permutation(len(self.reduced))[:1000])
        # One more, because each row also finds itself.
        k = found.squared_distances.shape[1] + 1
        true = find_neighbours(self.reduced, k, queries=self.reduced[rows], workers=self.workers)
        return float((found.squared_distances[rows] <= true.squared_distances[:, -1:]).mean())

    def run_ours(self, theta: float) -> Score:
        """Our descent, on our neighbours, with another accuracy."""
        phases = [Phase(EARLY_ITERATIONS, EARLY_EXAGGERATION), Phase(ITERATIONS)]
        began = perf_counter()
        positions = descend(self.reference, self.start, phases, theta=theta, workers=self.workers)
        return self.score(f"galaxy, theta {theta:g}", positions, {"optimise": perf_counter() - began})

    def run_opentsne(self, n_jobs: int) -> Score:
        """openTSNE as its users run it in three dimensions."""
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN

        seconds = {"reduce": self.reduce_seconds}
        with _timed(seconds, "neighbours and affinities"):
            affinities = PerplexityBasedNN(
                self.reduced,
                perplexity=self.perplexity,
                method="annoy",
                n_jobs=n_jobs,
                random_state=self.random_state,
            )
        with _timed(seconds, "optimise"):
            embedding = TSNEEmbedding(
                self.start.astype(np.float64), affinities, negative_gradient_method="bh", n_jobs=n_jobs
            )
            embedding.optimize(EARLY_ITERATIONS, exaggeration=EARLY_EXAGGERATION, momentum=0.8, inplace=True)
            embedding.optimize(ITERATIONS, momentum=0.8, inplace=True)
        return self.score("openTSNE", np.asarray(embedding, dtype=np.float32), seconds)


def _warm_up(vectors: Floats, n_jobs: int) -> float:
    """Compile every kernel, or read it from disk; returns how much longer the first small layout took than the second."""
    rows = vectors[: min(len(vectors), WARM_UP_ROWS)]
    times = []
    for _ in range(2):
        began = perf_counter()
        with Workers(n_jobs) as workers:
            for exact in (True, False):
                found = find_neighbours(rows[:2000], 30, exact=exact, workers=workers)
            p = joint_probabilities(found, 10.0, workers=workers)
            start = np.random.default_rng(0).normal(0, 1e-4, (2000, 3)).astype(np.float32)
            kl_divergence(p, descend(p, start, [Phase(2, 12.0)], workers=workers), workers=workers)
        times.append(perf_counter() - began)
    return max(0.0, times[0] - times[1])


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    began = perf_counter()
    yield
    seconds[stage] = perf_counter() - began


def fit_exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return b of seconds = a n^b, by least squares of the logarithms; at least two sizes."""
    slope, _ = np.polyfit(np.log(sizes), np.log(seconds), 1)
    return float(slope)


def synthetic_vectors(n_samples: int, *, n_features: int = 256, random_state: int = 0) -> Floats:
    """Make vectors as labels give them: each the score-weighted mean of eight terms' vectors, most of them of one topic.

    Five terms are of the image's own topic, two of topics with the same theme, one of any; topics and terms are as uneven as
    Zipf's law has it. In blocks, so that a million take their own gigabyte and little more.

    Returns
    -------
    float32 (n_samples, n_features).
    """
    rng = np.random.default_rng(random_state)
    n_themes, n_topics, n_terms = 25, 500, 20
    themes = _unit(rng.standard_normal((n_themes, n_features)))
    theme_of = np.sort(rng.integers(n_themes, size=n_topics))
    topics = _unit(themes[theme_of] + 0.9 * _unit(rng.standard_normal((n_topics, n_features))))
    own = _unit(rng.standard_normal((n_topics, n_terms, n_features)))
    terms = _unit(topics[:, None] + 0.8 * own).astype(np.float32)
    first_of_theme = np.searchsorted(theme_of, np.arange(n_themes))
    size_of_theme = np.bincount(theme_of, minlength=n_themes)
    topic_share = np.arange(1, n_topics + 1) ** -0.7
    topic_share = rng.permutation(topic_share / topic_share.sum())
    term_share = np.arange(1, n_terms + 1) ** -0.8
    term_share /= term_share.sum()

    vectors = np.empty((n_samples, n_features), dtype=np.float32)
    for first in range(0, n_samples, 10_000):
        block = vectors[first : first + 10_000]
        m = len(block)
        topic = rng.choice(n_topics, size=m, p=topic_share)
        theme = theme_of[topic][:, None]
        kin = first_of_theme[theme] + (rng.random((m, 2)) * size_of_theme[theme]).astype(np.int64)
        anything = rng.choice(n_topics, size=(m, 1), p=topic_share)
        chosen = np.hstack((np.repeat(topic[:, None], 5, axis=1), kin, anything))
        scores = rng.uniform(0.3, 1.0, size=chosen.shape).astype(np.float32)
        scores /= scores.sum(axis=1, keepdims=True)
        picked = terms[chosen, rng.choice(n_terms, size=chosen.shape, p=term_share)]
        np.einsum("nk,nkf->nf", scores, picked, out=block)
    return vectors


def _unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values / np.linalg.norm(values, axis=-1, keepdims=True))
