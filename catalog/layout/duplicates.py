"""Near copies among many hashes, by comparing all pairs: 64 bits a picture, a million pictures in minutes."""

import numpy as np
from numpy.typing import NDArray

from catalog.layout.compiled import kernel
from catalog.layout.progress import OnProgress, no_progress
from catalog.layout.threads import Workers, cut_into_blocks

BLOCK = 1024  # rows between two words of progress


def group_near_duplicates(
    hashes: NDArray[np.int64],
    sizes: NDArray[np.int64],
    max_distance: int,
    *,
    n_jobs: int = 2,
    on_progress: OnProgress = no_progress,
) -> NDArray[np.int64]:
    """Give each hash its head: the largest one, not yet in another's group, that differs in at most `max_distance` bits.

    Groups are stars, not chains: everybody is near the head itself, so a row of pictures that changes little by little does not
    become one group. Memory: the hashes, and the pairs that are near.

    Parameters
    ----------
    hashes: int64 (n,), 64 bits each.
    sizes: int64 (n,), pixels, by which heads are chosen; the earlier one of equally large ones.
    max_distance: bits, 0 to 63.

    Returns
    -------
    int64 (n,): the index of each one's head; a picture without near copies is its own.
    """
    if hashes.shape != sizes.shape or hashes.ndim != 1:
        raise ValueError(f"Expected one size for each hash, got shapes {hashes.shape} and {sizes.shape}.")
    if not 0 <= max_distance < 64:
        raise ValueError(f"Expected a distance of 0 to 63 bits, got {max_distance}.")
    order = np.argsort(-sizes, kind="stable")
    in_order = np.ascontiguousarray(hashes[order]).view(np.uint64)
    rows, columns = _near_pairs(in_order, max_distance, n_jobs, on_progress)
    head = np.arange(len(hashes))
    starts = np.searchsorted(rows, np.arange(len(hashes) + 1))
    for row in np.unique(rows):
        if head[row] == row:
            near = columns[starts[row] : starts[row + 1]]
            head[near[head[near] == near]] = row
    heads = np.empty_like(head)
    heads[order] = order[head]
    return heads


def _near_pairs(
    hashes: NDArray[np.uint64], max_distance: int, n_jobs: int, on_progress: OnProgress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs (row, column > row) within the distance, ascending."""
    n = len(hashes)
    found: list[NDArray[np.int64]] = []
    cuts = cut_into_blocks(n, BLOCK)
    with Workers(n_jobs) as workers:
        step = 2 * workers.n_threads
        for at in range(0, len(cuts) - 1, step):
            on_progress("Comparing", int(cuts[at]), n)
            found += workers.map(lambda a, b: _near_rows(hashes, max_distance, a, b), cuts[at : at + step + 1])
    on_progress("Comparing", n, n)
    pairs = np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)
    return pairs[:, 0], pairs[:, 1]


def _near_rows(hashes: NDArray[np.uint64], max_distance: int, first: int, last: int) -> NDArray[np.int64]:
    counts = np.zeros(last - first, dtype=np.int64)
    _count_near(hashes, max_distance, first, last, counts)
    pairs = np.empty((int(counts.sum()), 2), dtype=np.int64)
    _write_near(hashes, max_distance, first, last, pairs)
    return pairs


@kernel
def _count_near(
    hashes: NDArray[np.uint64], max_distance: int, first: int, last: int, counts: NDArray[np.int64]
) -> None:
    for i in range(first, last):
        near = 0
        for j in range(i + 1, len(hashes)):
            if _bits(hashes[i] ^ hashes[j]) <= max_distance:
                near += 1
        counts[i - first] = near


@kernel
def _write_near(hashes: NDArray[np.uint64], max_distance: int, first: int, last: int, pairs: NDArray[np.int64]) -> None:
    at = 0
    for i in range(first, last):
        for j in range(i + 1, len(hashes)):
            if _bits(hashes[i] ^ hashes[j]) <= max_distance:
                pairs[at, 0] = i
                pairs[at, 1] = j
                at += 1


@kernel
def _bits(x: np.uint64) -> np.int64:
    """Count the ones of 64 bits, in parallel sums (Warren, "Hacker's Delight", 5-1); compilers know the pattern."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
