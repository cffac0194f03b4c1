"""Tiles in an order in which files are neighbourhoods."""

import numpy as np
import pytest

from explorer.artifact.points import measure_bounds, morton_codes, quantise_positions
from explorer.artifact.tiling import BLOCKS, neighbourhood_order


def files_touched(order: np.ndarray, places: np.ndarray, size: int, n_nearest: int = 2000) -> float:
    """How many files of `size` tiles hold the pictures nearest to a place; the median of twenty places."""
    tile_of = np.argsort(order)
    counts = []
    for middle in places[:: len(places) // 20][:20]:
        nearest = np.argsort(np.linalg.norm(places - middle, axis=1))[:n_nearest]
        counts.append(len(np.unique(tile_of[nearest] // size)))
    return float(np.median(counts))


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 4096, 4097, 9000])
def test_every_place_comes_once(n: int) -> None:
    places = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    assert sorted(neighbourhood_order(places)) == list(range(n))


def test_the_order_does_not_depend_on_luck() -> None:
    places = np.random.default_rng(0).normal(size=(5000, 3)).astype(np.float32)
    assert np.array_equal(neighbourhood_order(places), neighbourhood_order(places.copy()))


def test_many_in_one_place_are_no_trouble() -> None:
    assert sorted(neighbourhood_order(np.zeros((3000, 3), dtype=np.float32))) == list(range(3000))


def test_a_view_of_two_thousand_touches_fewer_files_than_along_a_morton_curve() -> None:
    rng = np.random.default_rng(0)
    places = (rng.normal(0, 25, (12, 3))[rng.integers(0, 12, 30_000)] + rng.normal(0, 5, (30_000, 3))).astype(
        np.float32
    )
    along_curve = np.argsort(morton_codes(quantise_positions(places, measure_bounds(places))), kind="stable")
    boxes = neighbourhood_order(places)
    assert files_touched(boxes, places, BLOCKS[1]) < 0.9 * files_touched(along_curve, places, BLOCKS[1])
    assert files_touched(boxes, places, BLOCKS[0]) <= files_touched(along_curve, places, BLOCKS[0])
