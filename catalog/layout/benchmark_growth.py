"""How a map bears the growth of its library: far images move, what it costs in divergence, how well new ones are placed."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from catalog.layout.affinities import NEIGHBOURS_PER_PERPLEXITY, joint_probabilities
from catalog.layout.alignment import galaxy_radius
from catalog.layout.divergence import kl_divergence
from catalog.layout.neighbours import find_neighbours
from catalog.layout.placing import place_new
from catalog.layout.positions import N_COMPONENTS, compute_positions
from catalog.layout.progress import OnProgress
from catalog.layout.quality import knn_recall
from catalog.layout.reduction import principal_components
from catalog.layout.threads import Workers

Floats = NDArray[np.float32]

SHARE = 0.01  # of the images there are, in each addition
N_PLACED = 1_000


@dataclass(frozen=True)
class Growth:
    """What additions did to a map."""

    n_first: int
    n_last: int
    moved_median: list[float]
    """Of each addition, how far the median old image moved, as a share of the galaxy's radius."""
    moved_p95: list[float]
    kl_divergence: float
    """Of the last map, which was never built from nothing, as it is shown: aligned."""
    kl_divergence_fresh: float
    """Of a map of the same images from nothing."""
    addition_seconds: float
    """Of the last addition, and of a map from nothing:"""
    fresh_seconds: float
    n_placed: int
    place_seconds: float
    """Of placing `n_placed` new images among the fixed others."""
    recall_placed: float
    """kNN recall at 10 of the placed ones."""
    recall_built: float
    """Of the same images in the map from nothing."""

    def describe(self) -> str:
        """A few lines for people."""
        return "\n".join(
            [
                f"{self.n_first:,} images, then {len(self.moved_median)} additions of 1 %: {self.n_last:,}",
                f"the median old image moved by {max(self.moved_median):.2%} of the radius at most, in an addition "
                f"({self.moved_median[0]:.2%} in the first, {self.moved_median[-1]:.2%} in the last); "
                f"19 of 20 by less than {max(self.moved_p95):.1%}",
                f"KL {self.kl_divergence:.4f} at the end, {self.kl_divergence_fresh:.4f} from nothing: "
                f"{self.kl_divergence / self.kl_divergence_fresh - 1:+.1%}; "
                f"{self.addition_seconds:.1f} s an addition, {self.fresh_seconds:.1f} s from nothing",
                f"{self.n_placed:,} placed among {self.n_last - self.n_placed:,} that stay: {self.place_seconds:.1f} s; "
                f"recall@10 {self.recall_placed:.4f}, in a map from nothing {self.recall_built:.4f} "
                f"({self.recall_placed / self.recall_built:.0%})",
            ]
        )


def benchmark_growth(
    vectors: Floats,
    *,
    n_additions: int,
    perplexity: float = 50.0,
    random_state: int = 0,
    n_jobs: int = 2,
    on_progress: OnProgress,
) -> Growth:
    """Lay out the first of shuffled vectors, add the others 1 % at a time, and compare with a map from nothing."""
    x = vectors[np.random.default_rng(random_state).permutation(len(vectors))]

    def lay_out(n: int, initial: Floats | None = None) -> tuple[Floats, float]:
        began = perf_counter()
        layout = compute_positions(
            x[:n],
            perplexity=perplexity,
            random_state=random_state,
            initial=initial,
            n_jobs=n_jobs,
            on_progress=on_progress,
        )
        return layout.positions, perf_counter() - began

    sizes = [len(x)]
    for _ in range(n_additions):
        sizes.insert(0, round(sizes[0] / (1 + SHARE)))
    places, _ = lay_out(sizes[0])
    medians, p95s = [], []
    for number, n in enumerate(sizes[1:]):
        on_progress("Additions", number, n_additions)
        before = places
        new = np.full((n - len(before), 3), np.nan, dtype=np.float32)
        places, addition_seconds = lay_out(n, np.concatenate([before, new]))
        moved = np.linalg.norm(places[: len(before)] - before, axis=1) / galaxy_radius(before)
        medians.append(float(np.median(moved)))
        p95s.append(float(np.quantile(moved, 0.95)))

    fresh, fresh_seconds = lay_out(len(x))
    old = len(x) - N_PLACED
    known, _ = lay_out(old)
    began = perf_counter()
    placed = place_new(x[old:], x[:old], known, n_jobs=n_jobs)
    place_seconds = perf_counter() - began
    asked = np.arange(old, len(x))
    with Workers(n_jobs) as workers:
        reduced = principal_components(x, N_COMPONENTS)
        neighbours = find_neighbours(reduced, int(NEIGHBOURS_PER_PERPLEXITY * perplexity), workers=workers)
        reference = joint_probabilities(neighbours, perplexity, workers=workers)
        divergence, divergence_fresh = (
            kl_divergence(reference, map_, workers=workers).value for map_ in (places, fresh)
        )
    return Growth(
        sizes[0],
        len(x),
        medians,
        p95s,
        divergence,
        divergence_fresh,
        addition_seconds,
        fresh_seconds,
        N_PLACED,
        place_seconds,
        knn_recall(x, np.concatenate([known, placed]), queries=asked),
        knn_recall(x, fresh, queries=asked),
    )
