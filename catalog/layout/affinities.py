"""How much each image wants to be near which others: t-SNE's joint probabilities P, as a sparse matrix.

van der Maaten and Hinton (JMLR 9, 2008): a Gaussian around each point, as wide as gives its neighbours the wanted perplexity,
then both directions averaged; of the k = 3 x perplexity nearest only, as van der Maaten (JMLR 15, 2014). openTSNE does the same in
float64, with three copies of P at its peak; here it is float32 and one copy, which is what a million images need.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.layout.compiled import kernel
from catalog.layout.neighbours import Floats, Indices, Neighbours
from catalog.layout.threads import Workers, cut_evenly

NEIGHBOURS_PER_PERPLEXITY = 3
MAX_ROUNDS = 60
TOLERANCE = 1e-4  # of the entropy, in nats: a hundredth of a percent of the perplexity
PARTS = 32
NOBODY = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Affinities:
    """P in compressed rows: symmetric, non-negative, its sum 1, nothing on the diagonal."""

    indptr: NDArray[np.int64]
    """int64 (n_samples + 1,): where each row begins."""
    indices: Indices
    """uint32 (n_edges,): columns, ascending within a row."""
    values: Floats
    """float32 (n_edges,)."""

    @property
    def n_samples(self) -> int:
        return len(self.indptr) - 1

    def reordered(self, order: NDArray[np.int64], workers: Workers) -> "Affinities":
        """Return P with rows and columns in another order, `order[new] = old`; columns are then no longer ascending."""
        rank = np.empty(len(order), dtype=np.uint32)
        rank[order] = np.arange(len(order), dtype=np.uint32)
        indptr = np.concatenate(([0], np.cumsum(np.diff(self.indptr)[order])))
        indices, values = np.empty_like(self.indices), np.empty_like(self.values)
        workers.map(
            lambda first, last: _reorder_rows(
                self.indptr, self.indices, self.values, order, rank, indptr, indices, values, first, last
            ),
            cut_evenly(len(order), PARTS),
        )
        return Affinities(indptr, indices, values)


def joint_probabilities(neighbours: Neighbours, perplexity: float, *, workers: Workers) -> Affinities:
    """Return P of the neighbours of all points among themselves.

    Parameters
    ----------
    neighbours: of every point, k of them; its arrays are worked in and hold something else afterwards.
    perplexity: above 1 and below k.
    """
    indices, p = neighbours.indices, neighbours.squared_distances
    n_samples, k = indices.shape
    cuts = cut_evenly(n_samples, PARTS)
    workers.map(lambda first, last: _conditional_rows(p, np.log(perplexity), first, last), cuts)
    workers.map(lambda first, last: _sort_rows(indices, p, first, last), cuts)

    incoming = np.concatenate(([0], np.cumsum(_count_incoming(indices))))
    from_indices, from_p = np.empty(n_samples * k, dtype=np.uint32), np.empty(n_samples * k, dtype=np.float32)
    _transpose(indices, p, incoming[:-1].copy(), from_indices, from_p)

    lengths = np.zeros(n_samples, dtype=np.int64)
    workers.map(
        lambda first, last: _count_merged(indices, incoming, from_indices, lengths, first, last),
        cuts,
    )
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    columns, values = np.empty(indptr[-1], dtype=np.uint32), np.empty(indptr[-1], dtype=np.float32)
    scale = np.float32(1 / (2 * n_samples))  # each point's own row sums to 1
    workers.map(
        lambda first, last: _merge_rows(
            indices, p, incoming, from_indices, from_p, indptr, columns, values, scale, first, last
        ),
        cuts,
    )
    return Affinities(indptr, columns, values)


def conditional_probabilities(neighbours: Neighbours, perplexity: float, *, workers: Workers) -> Floats:
    """Return p(neighbour | query), float32 (n_queries, k), each row's sum 1; the neighbours' distances are worked in."""
    p = neighbours.squared_distances
    workers.map(lambda first, last: _conditional_rows(p, np.log(perplexity), first, last), cut_evenly(len(p), PARTS))
    return p


@kernel
def _conditional_rows(d: Floats, target: float, first: int, last: int) -> None:
    """Turn ascending squared distances into p(j|i) of entropy `target` nats, in place.

    Newton's method on the logarithm of the precision beta, kept inside a bracket. Where more equal points than the perplexity
    share the least distance, no precision gives so low an entropy; p is then even among them.
    """
    k = d.shape[1]
    weights = np.empty(k, np.float64)
    for i in range(first, last):
        nearest = np.float64(d[i, 0])
        spread = 0.0
        for c in range(k):
            spread += np.float64(d[i, c]) - nearest
        if spread <= 0.0:
            for c in range(k):
                d[i, c] = np.float32(1.0 / k)
            continue
        beta = k / spread
        low, high = 0.0, np.inf
        total = 1.0
        for _ in range(MAX_ROUNDS):
            total = first_moment = second_moment = 0.0
            for c in range(k):
                distance = np.float64(d[i, c]) - nearest
                w = np.exp(-beta * distance)
                weights[c] = w
                total += w
                first_moment += w * distance
                second_moment += w * distance * distance
            mean = first_moment / total
            excess = np.log(total) + beta * mean - target
            if abs(excess) < TOLERANCE:
                break
            if excess > 0.0:
                low = beta
            else:
                high = beta
            # dH/d(log beta) = -beta² Var(distance)
            slope = beta * beta * (second_moment / total - mean * mean)
            following = beta * np.exp(min(max(excess / slope, -2.0), 2.0)) if slope > 1e-12 else np.inf
            if not low < following < high:
                following = 4.0 * beta if high == np.inf else 0.5 * (low + high)
            beta = following
        for c in range(k):
            d[i, c] = np.float32(weights[c] / total)


@kernel
def _sort_rows(indices: Indices, p: Floats, first: int, last: int) -> None:
    for i in range(first, last):
        order = np.argsort(indices[i])
        indices[i] = indices[i][order]
        p[i] = p[i][order]


@kernel
def _count_incoming(indices: Indices) -> NDArray[np.int64]:
    counts = np.zeros(indices.shape[0], np.int64)
    for i in range(indices.shape[0]):
        for c in range(indices.shape[1]):
            counts[indices[i, c]] += 1
    return counts


@kernel
def _transpose(indices: Indices, p: Floats, cursors: NDArray[np.int64], from_indices: Indices, from_p: Floats) -> None:
    """List for each point who points to it, ascending; `cursors` holds where its list begins, and is moved."""
    for i in range(indices.shape[0]):
        for c in range(indices.shape[1]):
            j = indices[i, c]
            from_indices[cursors[j]] = i
            from_p[cursors[j]] = p[i, c]
            cursors[j] += 1


@kernel
def _count_merged(
    indices: Indices,
    incoming: NDArray[np.int64],
    from_indices: Indices,
    lengths: NDArray[np.int64],
    first: int,
    last: int,
) -> None:
    """Count how many different columns a row has when both directions are put together."""
    k = indices.shape[1]
    for i in range(first, last):
        out, into, end = 0, incoming[i], incoming[i + 1]
        n = k + end - into
        while out < k and into < end:
            if indices[i, out] == from_indices[into]:
                n -= 1
                out += 1
                into += 1
            elif indices[i, out] < from_indices[into]:
                out += 1
            else:
                into += 1
        lengths[i] = n


@kernel
def _merge_rows(
    indices: Indices,
    p: Floats,
    incoming: NDArray[np.int64],
    from_indices: Indices,
    from_p: Floats,
    indptr: NDArray[np.int64],
    columns: Indices,
    values: Floats,
    scale: np.float32,
    first: int,
    last: int,
) -> None:
    """Write (p(j|i) + p(i|j)) x scale, columns ascending."""
    k = indices.shape[1]
    for i in range(first, last):
        out, into, end = 0, incoming[i], incoming[i + 1]
        for at in range(indptr[i], indptr[i + 1]):
            mine = indices[i, out] if out < k else NOBODY
            theirs = from_indices[into] if into < end else NOBODY
            column = min(mine, theirs)
            total = np.float32(0)
            if mine == column:
                total += p[i, out]
                out += 1
            if theirs == column:
                total += from_p[into]
                into += 1
            columns[at] = column
            values[at] = total * scale


@kernel
def _reorder_rows(
    indptr: NDArray[np.int64],
    indices: Indices,
    values: Floats,
    order: NDArray[np.int64],
    rank: Indices,
    new_indptr: NDArray[np.int64],
    new_indices: Indices,
    new_values: Floats,
    first: int,
    last: int,
) -> None:
    for i in range(first, last):
        start = indptr[order[i]]
        at = new_indptr[i]
        for e in range(new_indptr[i + 1] - at):
            new_indices[at + e] = rank[indices[start + e]]
            new_values[at + e] = values[start + e]
