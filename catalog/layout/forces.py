"""What pulls and pushes each point in t-SNE: the gradient, apart in its two sums.

dC/dy_i = 4 sum_j (p_ij - q_ij / Z) q_ij (y_i - y_j) with q_ij = 1 / (1 + |y_i - y_j|²) and Z their sum over all pairs (van der Maaten
and Hinton, JMLR 9, 2008); the 4 is left to the learning rate, as in openTSNE. The second sum is Barnes and Hut's (Nature 324,
1986): a cube of side s at distance d is taken as one point when s² < theta² (1 + d²). The usual rule is s < theta d, but the kernel is flat
within distance 1, so that the 1 costs no accuracy and spares the early iterations, whose points all lie together.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalog.layout.affinities import Affinities
from catalog.layout.compiled import kernel
from catalog.layout.octree import Octree
from catalog.layout.threads import Workers, cut_evenly

Floats: TypeAlias = NDArray[np.float32]
PARTS = 24  # whatever the number of threads, so that sums are added in the same order
RUN = 96  # points that share one walk through the tree; with fewer the walk costs more than the sums, with more the lists grow


class Forces:
    """The two sums for n points, computed in the same memory again and again.

    Attributes
    ----------
    pull, push: float32 (n, 4), sum_j p_ij q_ij (y_i - y_j) and sum_j q_ij² (y_i - y_j); a fourth column, so that a point never straddles
        two cache lines, holds nothing in `pull` and sum_j q_ij in `push`.
    """

    def __init__(self, n: int, *, theta: float, workers: Workers) -> None:
        """`theta` above 0: how coarse; at 0.4 the divergence reached is within 0.5 % of that at 0.2."""
        self.pull, self.push = np.zeros((n, 4), np.float32), np.zeros((n, 4), np.float32)
        self._theta, self._workers = theta, workers
        self.tree = Octree(n)

    def compute(self, affinities: Affinities, places: Floats) -> float:
        """Compute both sums at `places`, float32 (n, 4); returns Z."""
        p, workers = affinities, self._workers
        tree_built = workers.start(self.tree.build, places, self._theta)
        pulled = workers.start_map(
            lambda first, last: _pull(p.indptr, p.indices, p.values, places, self.pull, first, last),
            cut_by_edges(p.indptr),
        )
        tree_built.result()
        z = push_points(self.tree, self.tree, self.push, theta=self._theta, run=RUN, workers=workers)
        for future in pulled:
            future.result()
        return z - len(places)  # each point found itself too, at distance 0 or near it


def push_points(sources: Octree, targets: Octree, push: Floats, *, theta: float, run: int, workers: Workers) -> float:
    """Push the points of one tree from those of another, or of the same one; returns the sum of all q.

    Parameters
    ----------
    sources, targets: both built; if they are the same, every point also counts itself (its q is 1, its force 0).
    push: float32 (n_targets, 4), written: sum_j q_ij² (y_i - y_j) by axis, then sum_j q_ij.
    theta: as for `Forces`.
    run: how many targets share one walk.
    """
    bounds = targets.cut(run)
    parts = workers.map(
        lambda first, last: _push(
            bounds[first : last + 1],
            targets.order,
            targets.sorted_places,
            np.float32(theta**2),
            sources.n_nodes,
            sources.sorted_places,
            sources.first,
            sources.count,
            sources.skip,
            sources.centroids,
            sources.squared_sides,
            push,
        ),
        cut_evenly(len(bounds) - 1, PARTS),
    )
    return float(sum(parts))


def cut_by_edges(indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return bounds of ranges of rows that hold about as many edges each."""
    shares = np.linspace(0, indptr[-1], PARTS + 1)[1:-1]
    return np.concatenate(([0], np.searchsorted(indptr, shares), [len(indptr) - 1])).astype(np.int64)


@kernel
def _pull(
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    values: Floats,
    places: Floats,
    pull: Floats,
    first: int,
    last: int,
) -> None:
    """Two edges at a time by hand: left alone, the compiler gathers sixteen, which takes the processor twice as long."""
    one = np.float32(1)
    for i in range(first, last):
        x, y, z = places[i, 0], places[i, 1], places[i, 2]
        ax = ay = az = bx = by = bz = np.float32(0)
        e, end = indptr[i], indptr[i + 1]
        while e + 1 < end:
            j, k = indices[e], indices[e + 1]
            jx, jy, jz = x - places[j, 0], y - places[j, 1], z - places[j, 2]
            kx, ky, kz = x - places[k, 0], y - places[k, 1], z - places[k, 2]
            v = values[e] / (one + jx * jx + jy * jy + jz * jz)
            w = values[e + 1] / (one + kx * kx + ky * ky + kz * kz)
            ax += v * jx
            ay += v * jy
            az += v * jz
            bx += w * kx
            by += w * ky
            bz += w * kz
            e += 2
        if e < end:
            j = indices[e]
            jx, jy, jz = x - places[j, 0], y - places[j, 1], z - places[j, 2]
            v = values[e] / (one + jx * jx + jy * jy + jz * jz)
            ax += v * jx
            ay += v * jy
            az += v * jz
        pull[i, 0] = ax + bx
        pull[i, 1] = ay + by
        pull[i, 2] = az + bz


@kernel
def _sum_list(
    xs: Floats, ys: Floats, zs: Floats, masses: Floats, n: int, x: np.float32, y: np.float32, z: np.float32
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Return sum m q² (y - c) by axis, and sum m q: a loop of its own, because only so does the compiler run sixteen side by side."""
    one = np.float32(1)
    fx = fy = fz = total = np.float32(0)
    for c in range(n):
        dx = x - xs[c]
        dy = y - ys[c]
        dz = z - zs[c]
        q = one / (one + dx * dx + dy * dy + dz * dz)
        mq = masses[c] * q
        total += mq
        mq *= q
        fx += mq * dx
        fy += mq * dy
        fz += mq * dz
    return fx, fy, fz, total


@kernel
def _push(
    bounds: NDArray[np.int32],
    order: NDArray[np.uint32],
    targets: Floats,
    squared_theta: np.float32,
    n_nodes: int,
    places: Floats,
    first: NDArray[np.int32],
    count: NDArray[np.int32],
    skip: NDArray[np.int32],
    centroids: Floats,
    squared_sides: Floats,
    push: Floats,
) -> float:
    """Push the runs' points from all sources; returns the sum of their q.

    One walk for each run collects what its points see: cubes as (centroid, mass), near points by themselves. The
    distance that decides is from the run's bounding box, so it holds for every point of the run.
    """
    nothing, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    # Every entry stands for at least one point, so the lists never grow beyond n; only what is used costs memory.
    n_points = places.shape[1]
    xs, ys, zs = np.empty(n_points, np.float32), np.empty(n_points, np.float32), np.empty(n_points, np.float32)
    masses = np.empty(n_points, np.float32)
    middle, reach = np.empty(3, np.float32), np.empty(3, np.float32)
    q_sum = 0.0
    for run in range(len(bounds) - 1):
        lo, hi = bounds[run], bounds[run + 1]
        for axis in range(3):
            least = greatest = targets[axis, lo]
            for i in range(lo + 1, hi):
                least = min(least, targets[axis, i])
                greatest = max(greatest, targets[axis, i])
            middle[axis] = (least + greatest) * half
            reach[axis] = (greatest - least) * half
        n = 0
        node = 0
        while node < n_nodes:
            dx = max(abs(centroids[0, node] - middle[0]) - reach[0], nothing)
            dy = max(abs(centroids[1, node] - middle[1]) - reach[1], nothing)
            dz = max(abs(centroids[2, node] - middle[2]) - reach[2], nothing)
            if squared_sides[node] < squared_theta * (one + dx * dx + dy * dy + dz * dz):
                xs[n], ys[n], zs[n] = centroids[0, node], centroids[1, node], centroids[2, node]
                masses[n] = count[node]
                n += 1
                node = skip[node]
            elif skip[node] == node + 1:
                for i in range(first[node], first[node] + count[node]):
                    xs[n], ys[n], zs[n] = places[0, i], places[1, i], places[2, i]
                    masses[n] = one
                    n += 1
                node += 1
            else:
                node += 1
        for i in range(lo, hi):
            fx, fy, fz, total = _sum_list(xs, ys, zs, masses, n, targets[0, i], targets[1, i], targets[2, i])
            push[order[i], 0] = fx
            push[order[i], 1] = fy
            push[order[i], 2] = fz
            push[order[i], 3] = total
            q_sum += float(total)
    return q_sum
