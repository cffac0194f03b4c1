"""Exact cosines of float16 vectors, compiled: of those pairs only whose bound says that they may be near.

float16 is read by hand, as bits, because Numba knows no such type. A sum of products of float16 in float64 loses nothing of vectors
shorter than 5 (all are multiples of 2^-48 and stay below 2^5), so it is the same in whatever order, on whatever machine.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.layout.compiled import kernel

Floats = NDArray[np.float32]

# Bounds are off by a hundred times less; pairs that come so near to the limit are looked at as a whole.
SLACK = np.float32(1e-4)
TWO_224 = 2.0**224
SKIP = 32  # bounds whose largest is looked at before each is


@kernel
def collect_nearest(
    bounds: Floats,
    first: int,
    groups: NDArray[np.int64],
    bits: NDArray[np.uint16],
    squared: NDArray[np.float64],
    firsts: NDArray[np.int64],
    near: NDArray[np.int64],
    cosines: NDArray[np.float64],
) -> None:
    """Take over what of one run of groups is nearer than the last of the queries' lists, which are kept in order.

    Parameters
    ----------
    bounds: float32 (n_queries, width): no cosine of a query with a group of the run is larger by more than `SLACK`.
    first: number of the run's first group.
    groups: int64 (n_queries,), the queries' own groups.
    bits: uint16 (n_images, n_features): all vectors, float16.
    squared: float64 (n_groups,), squared lengths; a group of length 0 is nobody's neighbour and has none.
    firsts: int64 (n_groups,): an image of each group.
    near, cosines: int64 and float64 (n_queries, k), written: -1 and -inf where there is nobody yet; equal cosines by number.
    """
    n_queries, width = bounds.shape
    k = near.shape[1]
    moved = np.empty(bits.shape[1], np.int32)
    narrow = moved.view(np.float32)
    scaled = np.empty(bits.shape[1], np.float64)
    for q in range(n_queries):
        own = squared[groups[q]]
        if own == 0.0:
            continue
        _scale(bits[firsts[groups[q]]], moved, narrow, scaled)
        row = bounds[q]
        limit = np.float32(cosines[q, k - 1]) - SLACK
        for start in range(0, width, SKIP):
            stop = min(start + SKIP, width)
            greatest = row[start]
            for c in range(start + 1, stop):
                greatest = max(greatest, row[c])
            if greatest < limit:
                continue
            for c in range(start, stop):
                other = first + c
                if row[c] < limit or squared[other] == 0.0:
                    continue
                _widen(bits[firsts[other]], moved)
                cosine = _dot(scaled, narrow) / np.sqrt(own * squared[other])
                place = k
                while place > 0 and (
                    cosine > cosines[q, place - 1] or (cosine == cosines[q, place - 1] and other < near[q, place - 1])
                ):
                    place -= 1
                if place == k:
                    continue
                for behind in range(k - 1, place, -1):
                    cosines[q, behind], near[q, behind] = cosines[q, behind - 1], near[q, behind - 1]
                cosines[q, place], near[q, place] = cosine, other
                limit = np.float32(cosines[q, k - 1]) - SLACK


@kernel
def _widen(bits: NDArray[np.uint16], moved: NDArray[np.int32]) -> None:
    """Move float16's bits to where float32 has them; the numbers are then too small by 2^112, the difference of the exponents."""
    for f in range(len(bits)):
        half = np.int32(bits[f])
        moved[f] = np.int32((half & np.int32(0x7FFF)) << np.int32(13)) | np.int32(
            (half & np.int32(0x8000)) << np.int32(16)
        )


@kernel
def measure_lasts(
    bits: NDArray[np.uint16],
    squared: NDArray[np.float64],
    firsts: NDArray[np.int64],
    mine: NDArray[np.int64],
    lasts: NDArray[np.int64],
    limits: NDArray[np.float64],
) -> None:
    """Write each group's cosine with the group `lasts`, float64; -inf where that is -1, as anything is nearer."""
    moved, scaled = np.empty(bits.shape[1], np.int32), np.empty(bits.shape[1], np.float64)
    narrow = moved.view(np.float32)
    for i in range(len(mine)):
        limits[i] = -np.inf
        if lasts[i] >= 0 and squared[mine[i]] > 0.0 and squared[lasts[i]] > 0.0:
            _scale(bits[firsts[mine[i]]], moved, narrow, scaled)
            _widen(bits[firsts[lasts[i]]], moved)
            limits[i] = _dot(scaled, narrow) / np.sqrt(squared[mine[i]] * squared[lasts[i]])


@kernel
def mark_nearer(
    bounds: Floats,
    bits: NDArray[np.uint16],
    squared: NDArray[np.float64],
    firsts: NDArray[np.int64],
    mine: NDArray[np.int64],
    new: NDArray[np.int64],
    limits: NDArray[np.float64],
    affected: NDArray[np.bool_],
) -> None:
    """Mark which of `mine` has a cosine of at least its limit with one of the groups `new`; other arguments as above."""
    moved, scaled = np.empty(bits.shape[1], np.int32), np.empty(bits.shape[1], np.float64)
    narrow = moved.view(np.float32)
    for i in range(len(mine)):
        if affected[i] or squared[mine[i]] == 0.0:
            continue
        limit = np.float32(limits[i]) - SLACK
        for j in range(len(new)):
            if bounds[i, j] >= limit:
                _scale(bits[firsts[mine[i]]], moved, narrow, scaled)
                _widen(bits[firsts[new[j]]], moved)
                if _dot(scaled, narrow) / np.sqrt(squared[mine[i]] * squared[new[j]]) >= limits[i]:
                    affected[i] = True
                    break


@kernel
def _scale(bits: NDArray[np.uint16], moved: NDArray[np.int32], narrow: Floats, scaled: NDArray[np.float64]) -> None:
    """Write a row of float16 as float64, too large by 2^112; `moved` is worked in, `narrow` is the same memory."""
    _widen(bits, moved)
    for f in range(len(scaled)):
        scaled[f] = np.float64(narrow[f]) * TWO_224


@kernel
def _dot(scaled: NDArray[np.float64], narrow: Floats) -> float:
    """Return the product of a row that is too large by 2^112 and one that is as much too small."""
    total = 0.0
    for f in range(len(narrow)):
        total += scaled[f] * np.float64(narrow[f])
    return total
