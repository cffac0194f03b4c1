"""The k nearest of many points: blocked matrix products and a selection that rarely has to look twice.

|q - b|² = |q|² + |b|² - 2 q·b: the products of a block of queries with a tile of points are one call of BLAS; of each tile only what
is nearer than the k-th best so far is taken over. Exact when every tile is visited. For many points they are first divided
into k-means cells, and a query visits the cells nearest to its own (an inverted file, as Jégou, Douze and Schmid,
IEEE TPAMI 33, 2011). docs/adr/0007 compares this with the libraries.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

from catalog.layout.compiled import kernel
from catalog.layout.progress import OnProgress, no_progress
from catalog.layout.threads import Workers, cut_into_blocks

Floats = NDArray[np.float32]
Indices = NDArray[np.uint32]

# Of 58,801 museum labels cells of which 64 were probed found 97 % of the neighbours, and the map's divergence from the true P was 2.5 %
# higher; exact search took 4 s more. From here on it would take a third of a layout.
EXACT_UP_TO = 100_000
POINTS_PER_CELL = 200
PROBED_CELLS = 160  # 99 % of the true neighbours on museum labels, all of them on synthetic ones
CELL_SAMPLE = 100  # points per cell to find its centre from; more change nothing that recall would show
CELL_ITERATIONS = 6

QUERY_BLOCK = 256
TILE = 2_048  # points: 2 MB of products, which stay in the cache between BLAS and the selection
PARTS_AT_A_TIME = 32  # between two words of progress: threads wait for each other there, a few milliseconds of a second
NOBODY = np.int64(-1)


@dataclass(frozen=True)
class Neighbours:
    """Who is nearest to whom."""

    indices: Indices
    """uint32 (n_queries, k), nearest first, never the query itself."""
    squared_distances: Floats
    """float32 (n_queries, k), squared Euclidean, ascending; exactly 0 between equal points."""
    exact: bool


def find_neighbours(
    points: Floats,
    k: int,
    *,
    queries: Floats | None = None,
    exact: bool | None = None,
    random_state: int = 0,
    workers: Workers,
    on_progress: OnProgress = no_progress,
) -> Neighbours:
    """Find the k nearest points of each query.

    The answer depends on the seed and not on the number of threads.

    Parameters
    ----------
    points: float32 (n_points, n_features), C-contiguous, finite.
    k: from 1 to the number of points a query can have as neighbours.
    queries: float32 (n_queries, n_features); without them each point asks for its neighbours, and does not count as its own.
    exact: visit every point, or only those of the nearest cells; by default exact up to `EXACT_UP_TO` points. With queries
        always exact.
    random_state: seed of the cells.
    on_progress: told of "neighbours".
    """
    asked = points if queries is None else queries
    if exact is None:
        exact = len(points) <= EXACT_UP_TO
    indices = np.empty((len(asked), k), dtype=np.uint32)
    distances = np.empty((len(asked), k), dtype=np.float32)
    with threadpool_limits(1):  # the threads are ours; BLAS's own would only wait for each other
        if exact or queries is not None:
            _search_all(points, asked, queries is None, indices, distances, workers, on_progress)
        else:
            _search_cells(points, indices, distances, random_state, workers, on_progress)
    return Neighbours(indices, distances, exact=exact or queries is not None)


def _search_all(
    points: Floats,
    queries: Floats,
    among_themselves: bool,
    indices: Indices,
    distances: Floats,
    workers: Workers,
    on_progress: OnProgress,
) -> None:
    norms = np.einsum("ij,ij->i", points, points)
    whole = np.array([[0, len(points)]])

    def search(first: int, last: int) -> None:
        own = np.arange(first, last) if among_themselves else np.full(last - first, NOBODY)
        _search(points, norms, queries[first:last], own, whole, indices[first:last], distances[first:last])

    _in_turn(search, cut_into_blocks(len(queries), QUERY_BLOCK), workers, on_progress)


def _search_cells(
    points: Floats, indices: Indices, distances: Floats, random_state: int, workers: Workers, on_progress: OnProgress
) -> None:
    n_points, k = len(points), indices.shape[1]
    cell_of, centres = _divide(points, random_state, workers)
    order = np.argsort(cell_of, kind="stable")
    ends = np.cumsum(np.bincount(cell_of, minlength=len(centres)))
    starts = np.concatenate(([0], ends[:-1]))
    ranges = np.column_stack((starts, ends))
    by_cell = np.ascontiguousarray(points[order])
    norms = np.einsum("ij,ij->i", by_cell, by_cell)
    centre_norms = np.einsum("ij,ij->i", centres, centres)
    ids = order.astype(np.uint32)

    def search(first_cell: int, last_cell: int) -> None:
        for cell in range(first_cell, last_cell):
            first, last = ranges[cell]
            if first == last:
                continue
            nearest = np.argsort(centre_norms - 2 * (centres @ centres[cell]), kind="stable")
            # At least three times as many points as are wanted, however small the cells around are.
            enough = int(np.searchsorted(np.cumsum(ends[nearest] - starts[nearest]), min(n_points, 3 * k + 1))) + 1
            probed = ranges[nearest[: max(PROBED_CELLS, enough)]]
            for at in range(first, last, QUERY_BLOCK):
                to = min(at + QUERY_BLOCK, last)
                found = np.empty((to - at, k), dtype=np.uint32)
                squared = np.empty((to - at, k), dtype=np.float32)
                _search(by_cell, norms, by_cell[at:to], np.arange(at, to), probed, found, squared)
                indices[order[at:to]] = ids[found]
                distances[order[at:to]] = squared

    _in_turn(search, cut_into_blocks(len(centres), 1), workers, on_progress)


def _in_turn(
    search: Callable[[int, int], None], cuts: NDArray[np.int64], workers: Workers, on_progress: OnProgress
) -> None:
    """Do all parts, some at a time, telling how many are done; a progress that raises stops the rest."""
    n_parts = len(cuts) - 1
    for first in range(0, n_parts, PARTS_AT_A_TIME):
        on_progress("neighbours", first, n_parts)
        workers.map(search, cuts[first : first + PARTS_AT_A_TIME + 1])
    on_progress("neighbours", n_parts, n_parts)


def _divide(points: Floats, random_state: int, workers: Workers) -> tuple[NDArray[np.int32], Floats]:
    """Return each point's cell, int32 (n_points,), and the cells' centres, float32 (n_cells, n_features)."""
    from sklearn.cluster import KMeans  # a second of imports that only a build needs
    from sklearn.exceptions import ConvergenceWarning

    n_cells = max(1, len(points) // POINTS_PER_CELL)
    rng = np.random.default_rng(random_state)
    chosen = np.sort(rng.permutation(len(points))[: n_cells * CELL_SAMPLE])
    means = KMeans(n_cells, init="random", n_init=1, max_iter=CELL_ITERATIONS, tol=0, random_state=random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # duplicates leave cells empty, which is as good
        means.fit(points[chosen])
    centres = np.ascontiguousarray(means.cluster_centers_, dtype=np.float32)
    half_norms = np.einsum("ij,ij->i", centres, centres) / 2
    cell_of = np.empty(len(points), dtype=np.int32)

    def assign(first: int, last: int) -> None:
        cell_of[first:last] = (points[first:last] @ centres.T - half_norms).argmax(axis=1)

    workers.map(assign, cut_into_blocks(len(points), 2 * TILE))
    return cell_of, centres


def _search(
    points: Floats,
    norms: Floats,
    queries: Floats,
    own: NDArray[np.int64],
    ranges: NDArray[np.int64],
    indices: Indices,
    distances: Floats,
) -> None:
    """Search one block of queries in ranges of points; `own` is each query's own number among the points, or -1."""
    n_queries, k = indices.shape
    keys = np.empty((n_queries, 2 * k + 32), dtype=np.float32)
    ids = np.empty(keys.shape, dtype=np.uint32)
    filled = np.zeros(n_queries, dtype=np.int64)
    limits = np.full(n_queries, np.inf, dtype=np.float32)
    products = np.empty(n_queries * TILE, dtype=np.float32)
    for start, end in ranges.tolist():
        for first in range(start, end, TILE):
            last = min(first + TILE, end)
            tile = products[: n_queries * (last - first)].reshape(n_queries, last - first)
            np.matmul(queries, points[first:last].T, out=tile)
            _collect(tile, norms, first, own, keys, ids, filled, limits, k)
    _finish(points, queries, keys, ids, filled, indices, distances)


@kernel
def _collect(
    products: Floats,
    norms: Floats,
    first: int,
    own: NDArray[np.int64],
    keys: Floats,
    ids: Indices,
    filled: NDArray[np.int64],
    limits: Floats,
    k: int,
) -> None:
    """Take over what of one tile may be among the k nearest; a key is |b|² - 2 q·b."""
    n_queries, width = products.shape
    capacity = keys.shape[1]
    for q in range(n_queries):
        row = products[q]
        limit = limits[q]
        n = filled[q]
        for start in range(0, width, 32):
            stop = min(start + 32, width)
            least = np.float32(np.inf)
            for c in range(start, stop):
                row[c] = norms[first + c] - np.float32(2) * row[c]
                least = min(least, row[c])
            if least < limit:
                for c in range(start, stop):
                    if row[c] < limit and first + c != own[q]:
                        keys[q, n] = row[c]
                        ids[q, n] = first + c
                        n += 1
                        if n == capacity:
                            limit = _keep_least(keys[q], ids[q], n, k)
                            n = k
        if n > k:
            limit = _keep_least(keys[q], ids[q], n, k)
            n = k
        limits[q] = limit
        filled[q] = n


@kernel
def _keep_least(keys: Floats, ids: Indices, n: int, k: int) -> np.float32:
    """Bring the k least of keys[:n] to the front (Hoare's selection), ids with them; returns the largest of these k."""
    lo, hi = 0, n - 1
    while lo < hi:
        pivot = keys[(lo + hi) >> 1]
        i, j = lo, hi
        while i <= j:
            while keys[i] < pivot:
                i += 1
            while keys[j] > pivot:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                ids[i], ids[j] = ids[j], ids[i]
                i += 1
                j -= 1
        if k - 1 <= j:
            hi = j
        elif k - 1 >= i:
            lo = i
        else:
            break
    largest = np.float32(keys[0])
    for c in range(1, k):
        largest = max(largest, keys[c])
    return largest


@kernel
def _finish(
    points: Floats,
    queries: Floats,
    keys: Floats,
    ids: Indices,
    filled: NDArray[np.int64],
    indices: Indices,
    distances: Floats,
) -> None:
    """Measure the chosen ones again, by difference, so that equal points are at distance 0, and sort them."""
    n_queries, k = indices.shape
    squared = np.empty(k, np.float32)
    for q in range(n_queries):
        _keep_least(keys[q], ids[q], filled[q], k)
        for c in range(k):
            total = np.float32(0)
            for f in range(points.shape[1]):
                difference = queries[q, f] - points[ids[q, c], f]
                total += difference * difference
            squared[c] = total
        order = np.argsort(squared)
        for c in range(k):
            indices[q, c] = ids[q, order[c]]
            distances[q, c] = squared[order[c]]
