"""Points in nodes from coarse to fine: each node is a sample of its region, and its children hold the rest of it."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.artifact.manifest import ROOT
from explorer.artifact.points import morton_codes

ROOT_POINTS = 16_384  # 0.2 MB: a first picture of the galaxy
NODE_POINTS = 8_192
LEAST_POINTS = (
    2_048  # of a child; smaller octants are joined with their neighbours, as many small files are slower than a few
)
BITS_PER_AXIS = 16


@dataclass(frozen=True)
class NodeRange:
    """A node before its points are files."""

    first: int
    n: int
    parent: int
    level: int
    centre: tuple[float, float, float]
    radius: float


def build_octree(
    quantised: NDArray[np.uint16], root_points: int = ROOT_POINTS
) -> tuple[NDArray[np.int64], list[NodeRange]]:
    """Divide points among nodes.

    A region's node takes every k-th of its points along the Morton curve, k just so large that they are no more than a node holds:
    as many from each part of the region as the part has. The others are divided by octants, one level finer than the
    region's own; octants that follow each other on the curve share a node until they have enough points.

    Parameters
    ----------
    quantised: uint16 (n, 3), n at least 1.
    root_points: how many points the first node may have; the others have at most `NODE_POINTS`.

    Returns
    -------
    int64 (n,), the points in the order of the nodes, along the curve within each; and the nodes, parents before children, with
    `first` counted in that order, and balls in quantised units.
    """
    codes = morton_codes(quantised)
    along = np.argsort(codes, kind="stable")
    codes = codes[along]
    places = quantised[along].astype(np.float32)
    nodes: list[NodeRange] = []
    order: list[NDArray[np.int64]] = []
    first = 0
    regions: deque[tuple[NDArray[np.int64], int, int]] = deque([(np.arange(len(along)), ROOT, 0)])
    while regions:
        region, parent, level = regions.popleft()
        limit = root_points if parent == ROOT else NODE_POINTS
        step = -(-len(region) // limit)
        taken = np.zeros(len(region), dtype=np.bool_)
        taken[step // 2 :: step] = True
        centre, radius = _measure_ball(places[region])
        sample = region[taken]
        order.append(sample)
        rest = region[~taken]
        for part in _divide(codes[rest], level + 1):
            regions.append((rest[part], len(nodes), level + 1))
        nodes.append(NodeRange(first, len(sample), parent, level, centre, radius))
        first += len(sample)
    return along[np.concatenate(order)], nodes


def _divide(codes: NDArray[np.uint64], level: int) -> list[slice]:
    """Cut points, sorted along the curve, between octants of a level into runs that have enough points each."""
    n = len(codes)
    if n < 2 * LEAST_POINTS:
        return [slice(0, n)] if n else []
    if level > BITS_PER_AXIS:  # all in one place: nothing but their number can divide them
        return [slice(first, first + NODE_POINTS) for first in range(0, n, NODE_POINTS)]
    octants = codes >> np.uint64(3 * (BITS_PER_AXIS - level))
    cuts = [0]
    for end in (np.flatnonzero(octants[1:] != octants[:-1]) + 1).tolist():
        if end - cuts[-1] >= LEAST_POINTS:
            cuts.append(end)
    if len(cuts) > 1 and n - cuts[-1] < LEAST_POINTS:
        cuts.pop()
    return [slice(first, last) for first, last in zip(cuts, [*cuts[1:], n], strict=True)]


def _measure_ball(places: NDArray[np.float32]) -> tuple[tuple[float, float, float], float]:
    """Return the middle of the points' box and the distance from it of the farthest."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    x, y, z = middle.tolist()
    return (x, y, z), float(np.sqrt(((places - middle) ** 2).sum(axis=1).max()))
