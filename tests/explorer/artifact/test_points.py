import gzip

import numpy as np
import pytest

from explorer.artifact import ArtifactError
from explorer.artifact.format import Column
from explorer.artifact.points import (
    Points,
    decode_ids,
    decode_points,
    decompress,
    encode_ids,
    encode_points,
    measure_bounds,
    morton_order,
    quantise_aspect,
    quantise_positions,
    restore_aspect,
    restore_positions,
    tile_references,
)
from tests.factories_artifact import image_uuid


def some_points(n):
    rng = np.random.default_rng(n)

    def numbers(dtype, *shape):
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype)

    return Points(
        position=numbers(np.uint16, n, 3),
        cluster=numbers(np.uint8, n),
        colour=numbers(np.uint8, n, 3),
        aspect=numbers(np.uint8, n),
        flags=numbers(np.uint8, n),
        tile=numbers(np.uint32, n),
    )


@pytest.mark.parametrize("n", [1, 2, 3, 5, 1000])
def test_points_come_back_as_they_were(n):
    points = some_points(n)
    data, columns = encode_points(points)
    for read in (decode_points(data, columns), decode_points(gzip.decompress(data), columns)):
        assert len(read) == n
        for column in columns:
            np.testing.assert_array_equal(getattr(read, column.name), getattr(points, column.name))
    assert [column.offset % 4 for column in columns] == [0] * 6
    assert columns[0] == Column("position", "uint16", 3, 16)


def test_a_later_writer_may_add_columns():
    points = some_points(3)
    data, columns = encode_points(points)
    raw = gzip.decompress(data)
    more = (*columns, Column("year", "uint16", 1, len(raw)))
    np.testing.assert_array_equal(decode_points(raw + bytes(6), more).tile, points.tile)


def test_points_that_are_not_whole_are_refused():
    data, columns = encode_points(some_points(100))
    raw = gzip.decompress(data)
    with pytest.raises(ArtifactError, match="damaged one of 30 bytes"):
        decode_points(data[:30], columns)
    with pytest.raises(ArtifactError, match="100 points in column tile, got a file cut short"):
        decode_points(raw[:-4], columns)
    with pytest.raises(ArtifactError, match="Expected b'GLXP' version 1, got b'GLXI' version 1"):
        decode_points(b"GLXI" + raw[4:], columns)
    with pytest.raises(ArtifactError, match="got b'GLXP' version 2"):
        decode_points(b"GLXP\x02" + raw[5:], columns)
    with pytest.raises(ArtifactError, match="column colour of 3 x uint8, got None"):
        decode_points(data, [column for column in columns if column.name != "colour"])
    with pytest.raises(ArtifactError, match="at least 16 bytes, got 3"):
        decode_points(b"GLX", columns)


def test_ids_come_back_in_order_and_a_cut_file_is_refused():
    uuids = [image_uuid(i) for i in (5, 3, 2**40)]
    data = encode_ids(uuids)
    assert decode_ids(data) == uuids
    with pytest.raises(ArtifactError, match="Expected 64 bytes for 3 ids, got 48"):
        decode_ids(decompress(data)[:-16])


def test_positions_keep_to_half_a_step():
    positions = np.random.default_rng(0).normal(0, [30, 10, 1], (500, 3)).astype(np.float32)
    bounds = measure_bounds(positions)
    restored = restore_positions(quantise_positions(positions, bounds), bounds)
    assert np.abs(restored - positions).max() <= bounds.extent / 65_535 / 2 * 1.01
    assert bounds.extent == pytest.approx(np.ptp(positions, axis=0).max())
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
    np.testing.assert_array_equal(morton_order(positions), np.argsort(codes, kind="stable"))


def test_neighbours_in_line_are_neighbours_in_space():
    positions = np.random.default_rng(2).integers(0, 2**16, (4096, 3), np.uint16)
    ordered = positions[morton_order(positions)].astype(float)

    def mean_step(points):
        return np.linalg.norm(np.diff(points, axis=0), axis=1).mean()

    assert mean_step(ordered) < 0.2 * mean_step(positions.astype(float))

    # What an atlas is for: 64 tiles in a row, a sixty-fourth of the galaxy, lie close together. If each run filled one cell of a
    # 4 x 4 x 4 grid the spread would be a quarter; runs straddle cells, so a half is the floor (0.40 when this was written).
    def mean_spread(points):
        return np.mean([block.std(axis=0).max() for block in points.reshape(64, 64, 3)])

    assert mean_spread(ordered) < 0.5 * mean_spread(positions.astype(float))


def test_points_in_one_place_keep_their_order():
    assert morton_order(np.full((9, 3), 77, dtype=np.uint16)).tolist() == list(range(9))


def test_aspects_keep_to_two_percent_and_are_clamped():
    ratios = np.array([1.0, 2.0, 0.5, 1.5, 2 / 3, 16 / 9, 100.0, 0.001])
    quantised = quantise_aspect(ratios)
    assert quantised[:3].tolist() == [128, 160, 96]
    assert quantised[-2:].tolist() == [255, 0]
    np.testing.assert_allclose(restore_aspect(quantised)[:6], ratios[:6], rtol=0.011)


def test_tiles_fill_one_atlas_after_another():
    tiles = tile_references(2050)
    assert tiles[[0, 1023, 1024, 2049]].tolist() == [0, 1023, 1 << 16, (2 << 16) | 1]
