"""An octree over points in space, as ranges of points sorted along a Morton curve.

Points that share the first 3 x level bits of their Morton code lie in one cube; so a cube is a range of the sorted points, and the tree is
a list of ranges in preorder, each with the number of the next cube outside it (Warren and Salmon, Supercomputing 1993).
"""

import numpy as np
from numpy.typing import NDArray

from catalog.layout.compiled import kernel

Floats = NDArray[np.float32]

BITS = 14  # an axis: a map 16,384 times as wide as its finest cube, some thirty times what a million images need
DIGIT = 11  # bits to a pass of the sort
PASSES = 4  # 4 x 11 >= 3 x 14
LEAF = 16  # points; fewer make more cubes to visit, more make longer lists
MAX_DEPTH = 16


class Octree:
    """A tree that is built anew in every iteration, in the same memory.

    Attributes
    ----------
    order: uint32 (n,), the points along the curve: `order[k]` is the number of the k-th.
    sorted_places: float32 (3, n), their coordinates in this order, each axis by itself.
    first, count, skip: int32 (n_nodes,), of each cube its first sorted point, how many there are, and the next cube outside it.
    centroids: float32 (3, n_nodes); squared_sides: float32 (n_nodes,).
    """

    def __init__(self, n: int) -> None:
        """Make room for n points."""
        self.codes, self._other_codes = np.empty(n, np.uint64), np.empty(n, np.uint64)
        self.order, self._other_order = np.empty(n, np.uint32), np.empty(n, np.uint32)
        self.sorted_places = np.empty((3, n), np.float32)
        # A cube that is divided has more than LEAF points, and its parts are not empty: 2 n are never used up.
        n_cubes = 2 * n + MAX_DEPTH
        self.first, self.count, self.skip = (np.empty(n_cubes, np.int32) for _ in range(3))
        self.centroids = np.empty((3, n_cubes), np.float32)
        self.squared_sides = np.empty(n_cubes, np.float32)
        self.n_nodes = 0

    def sort(self, places: Floats) -> np.float32:
        """Sort points, float32 (n, >= 3), along the curve; returns the side of the cube that holds them all."""
        side = _encode(places, self.codes)
        # Four passes end where they began.
        _sort(self.codes, self.order, self._other_codes, self._other_order)
        return side

    def build(self, places: Floats, least_side: float) -> None:
        """Build the tree of points, float32 (n, >= 3), down to cubes of `LEAF` points or of sides below `least_side`."""
        side = self.sort(places)
        self.n_nodes = _divide(
            self.codes,
            self.order,
            places,
            side,
            np.float32(least_side),
            self.sorted_places,
            self.first,
            self.count,
            self.skip,
            self.centroids,
            self.squared_sides,
        )

    def cut(self, largest: int) -> NDArray[np.int32]:
        """Cut the sorted points into runs of at most `largest`, each within one cube; returns their bounds, int32."""
        bounds = np.empty(len(self.order) + 1, np.int32)
        n = _cut(self.n_nodes, self.first, self.count, self.skip, largest, bounds)
        bounds[n] = len(self.order)
        return bounds[: n + 1]


@kernel
def _spread(v: np.uint64) -> np.uint64:
    """Put two zero bits between every two of the lowest 21 bits."""
    v = (v | (v << np.uint64(32))) & np.uint64(0x001F00000000FFFF)
    v = (v | (v << np.uint64(16))) & np.uint64(0x001F0000FF0000FF)
    v = (v | (v << np.uint64(8))) & np.uint64(0x100F00F00F00F00F)
    v = (v | (v << np.uint64(4))) & np.uint64(0x10C30C30C30C30C3)
    return (v | (v << np.uint64(2))) & np.uint64(0x1249249249249249)


@kernel
def _encode(places: Floats, codes: NDArray[np.uint64]) -> np.float32:
    low = np.empty(3, np.float32)
    side = np.float32(0)
    for axis in range(3):
        least = greatest = places[0, axis]
        for i in range(len(codes)):
            least = min(least, places[i, axis])
            greatest = max(greatest, places[i, axis])
        low[axis] = least
        side = max(side, greatest - least)
    side = side * np.float32(1.0001) + np.float32(
        1e-30
    )  # the greatest falls inside, and points all equal do not divide by 0
    scale = np.float32(1 << BITS) / side
    for i in range(len(codes)):
        code = np.uint64(0)
        for axis in range(3):
            code |= _spread(np.uint64((places[i, axis] - low[axis]) * scale)) << np.uint64(axis)
        codes[i] = code
    return side


@kernel
def _sort(
    codes: NDArray[np.uint64],
    order: NDArray[np.uint32],
    other_codes: NDArray[np.uint64],
    other_order: NDArray[np.uint32],
) -> None:
    """Radix sort, least digit first; `order` becomes the numbers of the points in ascending order of their codes."""
    n = len(codes)
    for i in range(n):
        order[i] = i
    starts = np.empty((1 << DIGIT) + 1, np.int64)
    mask = np.uint64((1 << DIGIT) - 1)
    a, b, of_a, of_b = codes, other_codes, order, other_order
    for turn in range(PASSES):
        shift = np.uint64(turn * DIGIT)
        starts[:] = 0
        for i in range(n):
            starts[np.int64((a[i] >> shift) & mask) + 1] += 1
        for digit in range(1 << DIGIT):
            starts[digit + 1] += starts[digit]
        for i in range(n):
            bucket = np.int64((a[i] >> shift) & mask)
            at = starts[bucket]
            starts[bucket] = at + 1
            b[at] = a[i]
            of_b[at] = of_a[i]
        a, b, of_a, of_b = b, a, of_b, of_a


@kernel
def _divide(
    codes: NDArray[np.uint64],
    order: NDArray[np.uint32],
    places: Floats,
    side: np.float32,
    least_side: np.float32,
    sorted_places: Floats,
    first: NDArray[np.int32],
    count: NDArray[np.int32],
    skip: NDArray[np.int32],
    centroids: Floats,
    squared_sides: Floats,
) -> int:
    """Write the cubes in preorder and return how many there are."""
    n = len(codes)
    for i in range(n):
        for axis in range(3):
            sorted_places[axis, i] = places[order[i], axis]
    # What is still to do: at most seven siblings wait on each level.
    waiting = np.empty((8 * MAX_DEPTH, 3), np.int64)
    waiting[0, 0], waiting[0, 1], waiting[0, 2] = 0, n, 0
    n_waiting = 1
    open_nodes, open_levels = np.empty(MAX_DEPTH, np.int64), np.empty(MAX_DEPTH, np.int64)
    n_open = 0
    n_nodes = 0
    while n_waiting > 0:
        n_waiting -= 1
        lo, hi, level = waiting[n_waiting, 0], waiting[n_waiting, 1], waiting[n_waiting, 2]
        while n_open > 0 and open_levels[n_open - 1] >= level:
            n_open -= 1
            skip[open_nodes[n_open]] = n_nodes
        node = n_nodes
        n_nodes += 1
        first[node] = lo
        count[node] = hi - lo
        node_side = side / np.float32(1 << level)
        squared_sides[node] = node_side * node_side
        if hi - lo <= LEAF or node_side < least_side or level == BITS:
            for axis in range(3):
                total = 0.0
                for i in range(lo, hi):
                    total += sorted_places[axis, i]
                centroids[axis, node] = total / (hi - lo)
            skip[node] = n_nodes
            continue
        open_nodes[n_open], open_levels[n_open] = node, level
        n_open += 1
        shift = np.uint64(3 * (BITS - 1 - level))
        end = hi
        while end > lo:  # the last part first, so that the first one is taken next
            digit = codes[end - 1] >> shift
            a, b = lo, end - 1
            while a < b:
                middle = (a + b) >> 1
                if (codes[middle] >> shift) < digit:
                    a = middle + 1
                else:
                    b = middle
            waiting[n_waiting, 0], waiting[n_waiting, 1], waiting[n_waiting, 2] = a, end, level + 1
            n_waiting += 1
            end = a
    while n_open > 0:
        n_open -= 1
        skip[open_nodes[n_open]] = n_nodes
    for node in range(n_nodes - 1, -1, -1):
        if skip[node] == node + 1:
            continue
        for axis in range(3):
            total = 0.0
            child = node + 1
            while child < skip[node]:
                total += count[child] * np.float64(centroids[axis, child])
                child = skip[child]
            centroids[axis, node] = total / count[node]
    return n_nodes


@kernel
def _cut(
    n_nodes: int,
    first: NDArray[np.int32],
    count: NDArray[np.int32],
    skip: NDArray[np.int32],
    largest: int,
    bounds: NDArray[np.int32],
) -> int:
    n = 0
    node = 0
    while node < n_nodes:
        if count[node] <= largest or skip[node] == node + 1:
            for at in range(first[node], first[node] + count[node], largest):
                bounds[n] = at
                n += 1
            node = skip[node]
        else:
            node += 1
    return n
