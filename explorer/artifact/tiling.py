"""The order of tiles: neighbours in space are neighbours in the files, whatever the size of a file."""

import numpy as np
from numpy.typing import NDArray

BLOCKS = (4096, 256)  # tiles of an atlas of 16 px and of one of 64 px


def neighbourhood_order(places: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return the order of a k-d tree: of n places (n, d), each aligned run of 256, and each of 4,096, is a compact box of space.

    A range is halved across its longest side, at a whole number of blocks, until it is one block (Bentley, "Multidimensional binary
    search trees used for associative searching", 1975). Of a view's two thousand nearest pictures it touches a tenth to a sixth fewer
    files than along a Morton curve (docs/adr/0010). The same input gives the same order; places in one spot may come in any.
    """
    n = len(places)
    order = np.arange(n, dtype=np.int64)
    coarse, fine = BLOCKS
    _halve(order, places, [(0, n)], coarse)
    _halve(order, places, [(start, min(start + coarse, n)) for start in range(0, n, coarse)], fine)
    return order


def _halve(order: NDArray[np.int64], places: NDArray[np.generic], ranges: list[tuple[int, int]], block: int) -> None:
    """Sort each range of `order` in place until its blocks are boxes."""
    while ranges:
        start, stop = ranges.pop()
        n_blocks = -(-(stop - start) // block)
        if n_blocks <= 1:
            continue
        half = (n_blocks + 1) // 2 * block
        own = places[order[start:stop]]
        axis = int(np.argmax(own.max(axis=0).astype(np.float64) - own.min(axis=0)))
        order[start:stop] = order[start:stop][np.argpartition(own[:, axis], half)]
        ranges += [(start, start + half), (start + half, stop)]
