"""Near copies among many hashes, by comparing all pairs: 64 bits a picture, a million pictures in minutes."""

import numpy as np
from numpy.typing import NDArray

from catalog.layout.compiled import kernel
from catalog.layout.progress import OnProgress, no_progress

BLOCK = 256  # rows between two words of progress


def group_near_duplicates(
    hashes: NDArray[np.int64],
    sizes: NDArray[np.int64],
    max_distance: int,
    *,
    shapes: NDArray[np.float64] | None = None,
    max_shape_difference: float = 0.0,
    on_progress: OnProgress = no_progress,
) -> NDArray[np.int64]:
    """Give each hash its head: the largest one, not yet in another's group, that differs in at most `max_distance` bits.

    Groups are stars, not chains: everybody is near the head itself, so a row of pictures that changes little by little does not
    become one group. Memory: some thirty bytes a hash, however many are near each other.

    Parameters
    ----------
    hashes: int64 (n,), 64 bits each.
    sizes: int64 (n,), pixels, by which heads are chosen; the earlier one of equally large ones.
    max_distance: bits, 0 to 63.
    shapes: float64 (n,), such as the logarithm of width by height; a head's and its members' differ by at most
        `max_shape_difference`. None to take no account of shapes.

    Returns
    -------
    int64 (n,): the index of each one's head; a picture without near copies is its own.
    """
    if hashes.shape != sizes.shape or hashes.ndim != 1:
        raise ValueError(f"Expected one size for each hash, got shapes {hashes.shape} and {sizes.shape}.")
    if not 0 <= max_distance < 64:
        raise ValueError(f"Expected a distance of 0 to 63 bits, got {max_distance}.")
    n = len(hashes)
    order = np.argsort(-sizes, kind="stable")
    in_order = np.ascontiguousarray(hashes[order]).view(np.uint64)
    shape = np.zeros(n) if shapes is None else np.ascontiguousarray(shapes[order], dtype=np.float64)
    head = np.arange(n)
    for first in range(0, n, BLOCK):
        on_progress("Comparing", first, n)
        _group_rows(in_order, shape, max_distance, max_shape_difference, head, first, min(first + BLOCK, n))
    on_progress("Comparing", n, n)
    heads = np.empty_like(head)
    heads[order] = order[head]
    return heads


@kernel
def _group_rows(
    hashes: NDArray[np.uint64],
    shapes: NDArray[np.float64],
    max_distance: int,
    max_shape_difference: float,
    head: NDArray[np.int64],
    first: int,
    last: int,
) -> None:
    """Let each row that is no member yet be the head of the later ones that are near it and no members yet."""
    for i in range(first, last):
        if head[i] != i:
            continue
        for j in range(i + 1, len(hashes)):
            if (
                _bits(hashes[i] ^ hashes[j]) <= max_distance
                and head[j] == j
                and abs(shapes[i] - shapes[j]) <= max_shape_difference
            ):
                head[j] = i


@kernel
def _bits(x: np.uint64) -> np.int64:
    """Count the ones of 64 bits, in parallel sums (Warren, "Hacker's Delight", 5-1); compilers know the pattern."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
