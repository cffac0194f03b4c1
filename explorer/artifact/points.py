"""Points as numbers of few bits: where they lie, how wide they are, and their order along a space-filling curve."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.artifact.manifest import Bounds, FlatBounds

POSITION_STEPS = 65_535  # 16 bits an axis: a step is a 65,000th of the galaxy, far below what a screen shows
ASPECT_SQUARE = 128
ASPECT_STEPS_PER_DOUBLING = 32  # 2.2 % a step; from 1:16 to 15.7:1

# Room around the points, as a share of the extent: most of what comes later still fits, so that nothing has to be moved for it.
MARGIN = 0.02


def measure_bounds(positions: NDArray[np.float32]) -> Bounds:
    """Return a cube around the points, with some room, and the galaxy's radius; one single place gets a cube of edge 1."""
    places = positions.astype(np.float64)
    origin, extent = _measure_cube(places)
    return Bounds((origin[0], origin[1], origin[2]), extent, measure_radius(places, extent))


def measure_flat(positions: NDArray[np.float32]) -> FlatBounds:
    """Return a square around the points (n, 2), with some room; one single place gets one of edge 1."""
    origin, extent = _measure_cube(positions.astype(np.float64))
    return FlatBounds((origin[0], origin[1]), extent)


def _measure_cube(places: NDArray[np.float64]) -> tuple[list[float], float]:
    low, high = places.min(axis=0), places.max(axis=0)
    extent = float((high - low).max()) * (1 + 2 * MARGIN) or 1.0
    return ((low + high - extent) / 2).tolist(), extent


def fits(positions: NDArray[np.float32], bounds: Bounds | FlatBounds) -> bool:
    """Tell whether all points lie within."""
    origin = np.array(bounds.origin)
    return bool(((positions >= origin) & (positions <= origin + bounds.extent)).all())


def measure_radius(places: NDArray[np.float64], extent: float) -> float:
    """Return the distance from the centre of mass within which 95 % of the points lie, at least extent / 100."""
    distances = np.linalg.norm(places - places.mean(axis=0), axis=1)
    return max(float(np.percentile(distances, 95)), extent / 100)


def quantise_positions(positions: NDArray[np.float32], bounds: Bounds | FlatBounds) -> NDArray[np.uint16]:
    """Return uint16 (n, 3), or (n, 2): steps of extent / 65535 from the lowest corner, rounded to the nearest; outside is clamped."""
    steps = (positions.astype(np.float64) - np.array(bounds.origin)) * (POSITION_STEPS / bounds.extent)
    return np.asarray(np.clip(np.round(steps), 0, POSITION_STEPS), dtype=np.uint16)


def restore_positions(quantised: NDArray[np.uint16], bounds: Bounds | FlatBounds) -> NDArray[np.float32]:
    """Undo `quantise_positions`, to within half a step an axis; float32, of the same shape."""
    return np.asarray(np.array(bounds.origin) + quantised * (bounds.extent / POSITION_STEPS), dtype=np.float32)


def quantise_aspect(aspect_ratios: ArrayLike) -> NDArray[np.uint8]:
    """Return width / height as uint8: 128 is square, each 32 steps a doubling, clamped to 1:16 and 15.7:1."""
    ratios = np.asarray(aspect_ratios, dtype=np.float64)
    steps = np.round(ASPECT_SQUARE + ASPECT_STEPS_PER_DOUBLING * np.log2(ratios))
    return np.clip(steps, 0, 255).astype(np.uint8)


def restore_aspect(quantised: ArrayLike) -> NDArray[np.float64]:
    """Undo `quantise_aspect`."""
    return np.asarray(2.0 ** ((np.asarray(quantised, dtype=np.float64) - ASPECT_SQUARE) / ASPECT_STEPS_PER_DOUBLING))


def morton_codes(quantised: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Return each point's place along a Morton (Z-order) curve, 48 bits: neighbours in line are neighbours in space."""
    bits = quantised.astype(np.uint64)
    # Each 16-bit coordinate is spread to every third bit by doubling the gaps: 16 -> 8 -> 4 -> 2 -> 1.
    for shift, mask in (
        (16, 0x0000FF0000FF),
        (8, 0x00F00F00F00F),
        (4, 0x0C30C30C30C3),
        (2, 0x249249249249),
    ):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return np.asarray(bits[:, 0] | (bits[:, 1] << np.uint64(1)) | (bits[:, 2] << np.uint64(2)))
