import numpy as np
import pytest

from explorer.artifact.points import (
    MARGIN,
    fits,
    measure_bounds,
    measure_flat,
    morton_codes,
    quantise_aspect,
    quantise_positions,
    restore_aspect,
    restore_positions,
)


def test_positions_keep_to_half_a_step():
    positions = np.random.default_rng(0).normal(0, [30, 10, 1], (500, 3)).astype(np.float32)
    bounds = measure_bounds(positions)
    restored = restore_positions(quantise_positions(positions, bounds), bounds)
    assert np.abs(restored - positions).max() <= bounds.extent / 65_535 / 2 * 1.01
    assert bounds.extent == pytest.approx((1 + 2 * MARGIN) * np.ptp(positions, axis=0).max())
    inside = np.linalg.norm(positions - positions.mean(axis=0), axis=1) <= bounds.radius
    assert inside.mean() == pytest.approx(0.95, abs=0.01)


def test_one_point_gets_a_cube_to_lie_in():
    positions = np.array([[3, -4, 5]], dtype=np.float32)
    bounds = measure_bounds(positions)
    assert (bounds.extent, bounds.radius) == (1.0, 0.01)
    np.testing.assert_allclose(restore_positions(quantise_positions(positions, bounds), bounds), positions, atol=1e-4)


def test_the_morton_code_interleaves_all_sixteen_bits():
    positions = np.random.default_rng(1).integers(0, 2**16, (300, 3), np.uint16)
    codes = [
        int("".join(f"{z:016b}"[b] + f"{y:016b}"[b] + f"{x:016b}"[b] for b in range(16)), 2)
        for x, y, z in positions.tolist()
    ]
    np.testing.assert_array_equal(np.argsort(morton_codes(positions), kind="stable"), np.argsort(codes, kind="stable"))


def test_neighbours_in_line_are_neighbours_in_space():
    positions = np.random.default_rng(2).integers(0, 2**16, (4096, 3), np.uint16)
    ordered = positions[np.argsort(morton_codes(positions), kind="stable")].astype(float)

    def mean_step(points):
        return np.linalg.norm(np.diff(points, axis=0), axis=1).mean()

    assert mean_step(ordered) < 0.2 * mean_step(positions.astype(float))

    # What an atlas is for: 64 tiles in a row, a sixty-fourth of the galaxy, lie close together. If each run filled one cell of a
    # 4 x 4 x 4 grid the spread would be a quarter; runs straddle cells, so a half is the floor (0.40 when this was written).
    def mean_spread(points):
        return np.mean([block.std(axis=0).max() for block in points.reshape(64, 64, 3)])

    assert mean_spread(ordered) < 0.5 * mean_spread(positions.astype(float))


def test_points_in_one_place_keep_their_order():
    assert np.argsort(morton_codes(np.full((9, 3), 77, dtype=np.uint16)), kind="stable").tolist() == list(range(9))


def test_aspects_keep_to_two_percent_and_are_clamped():
    ratios = np.array([1.0, 2.0, 0.5, 1.5, 2 / 3, 16 / 9, 100.0, 0.001])
    quantised = quantise_aspect(ratios)
    assert quantised[:3].tolist() == [128, 160, 96]
    assert quantised[-2:].tolist() == [255, 0]
    np.testing.assert_allclose(restore_aspect(quantised)[:6], ratios[:6], rtol=0.011)


def test_a_newcomer_just_outside_fits_and_a_far_one_does_not():
    positions = np.random.default_rng(3).uniform(-1, 1, (500, 3)).astype(np.float32)
    bounds = measure_bounds(positions)
    assert fits(positions, bounds)
    assert fits(positions * np.float32(1.01), bounds)
    assert not fits(positions * np.float32(1.2), bounds)


def test_the_plane_is_quantised_as_space_is():
    places = np.random.default_rng(4).normal(0, [5, 1], (200, 2)).astype(np.float32)
    square = measure_flat(places)
    restored = restore_positions(quantise_positions(places, square), square)
    assert np.abs(restored - places).max() <= square.extent / 65_535 / 2 * 1.01
