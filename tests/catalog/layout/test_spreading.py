"""A pile of like pictures becomes a ball in which each is seen, and the map stays the same map."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from catalog.layout import spread_positions
from catalog.layout.spreading import room_between


def piles(n_piles: int = 12, size: int = 60, width: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    corners = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), axis=-1).reshape(-1, 3)
    centres = corners[:n_piles] * 10
    owners = np.repeat(np.arange(n_piles), size)
    return (centres[owners] + rng.normal(size=(len(owners), 3)) * width).astype(np.float32), owners


def nearest(positions: np.ndarray) -> np.ndarray:
    return cKDTree(positions).query(positions, k=2)[0][:, 1]


def test_piles_are_loosened():
    crowded, _owners = piles()

    loose = spread_positions(crowded)

    assert np.median(nearest(crowded)) < 0.05 * room_between(crowded)
    assert np.median(nearest(loose)) > 0.7 * room_between(crowded)


def test_neighbourhoods_stay_together():
    crowded, owners = piles()

    loose = spread_positions(crowded)

    _distances, neighbours = cKDTree(loose).query(loose, k=11)
    assert (owners[neighbours[:, 1:]] == owners[:, None]).mean() > 0.95


def test_in_the_plane_too_piles_are_loosened_and_the_very_same_spot_parts_its_images():
    crowded, owners = piles()
    flat = np.concatenate([crowded[:, :2] + 5 * crowded[:, 2:], np.zeros((40, 2))])

    loose = spread_positions(flat)

    assert np.median(nearest(loose)) > 0.7 * room_between(flat)
    assert nearest(loose)[-40:].min() > 0.5 * room_between(flat)
    _distances, neighbours = cKDTree(loose[: len(owners)]).query(loose[: len(owners)], k=11)
    assert (owners[neighbours[:, 1:]] == owners[:, None]).mean() > 0.9


def test_what_has_room_stays_where_it_is():
    grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 3), axis=-1).reshape(-1, 3)

    assert np.allclose(spread_positions(grid), grid - grid.mean(axis=0), atol=1e-5)


def test_images_in_the_very_same_spot_part_the_same_way_every_time():
    crowded = np.vstack([np.zeros((40, 3)), np.eye(3) * 10, -np.eye(3) * 10])

    once, again = spread_positions(crowded), spread_positions(crowded)

    assert (once == again).all()
    assert nearest(once).min() > 0


def test_newcomers_make_room_among_those_that_stay():
    rng = np.random.default_rng(0)
    old = spread_positions(rng.normal(0, 10, (500, 3)))
    pile = np.repeat(old[:5], 20, axis=0)  # a hundred copies on top of five that are there
    fixed = np.arange(600) < 500

    loose = spread_positions(np.concatenate([old, pile]), fixed=fixed)

    assert (loose[:500] == old).all()
    assert nearest(loose)[500:].min() > 0.5 * room_between(np.concatenate([old, pile]))
    assert np.linalg.norm(loose[500:] - pile, axis=1).max() < 10, "each stays near its like"
    assert (loose == spread_positions(np.concatenate([old, pile]), fixed=fixed)).all()


def test_with_nobody_to_move_nothing_moves():
    old = np.zeros((30, 3), dtype=np.float32)
    assert (spread_positions(old, fixed=np.ones(30, dtype=bool)) == old).all()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_images(n: int):
    assert spread_positions(np.zeros((n, 3))).shape == (n, 3)


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match=r"shape \(n_samples, 3\) or \(n_samples, 2\), got \(4, 5\)"):
        spread_positions(np.zeros((4, 5)))
    with pytest.raises(ValueError, match="finite"):
        spread_positions(np.full((4, 3), np.nan))
    with pytest.raises(ValueError, match=r"fixed of shape \(4,\), one per position, got \(3,\)"):
        spread_positions(np.zeros((4, 3)), fixed=[True] * 3)
