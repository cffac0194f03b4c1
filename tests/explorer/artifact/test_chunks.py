import gzip
from dataclasses import replace

import numpy as np
import pytest

from explorer.artifact import UNKNOWN_TIME, ArtifactError
from explorer.artifact.binary import decompress
from explorer.artifact.chunks import (
    COLUMNS,
    Points,
    bury_extra,
    bury_points,
    decode_chunk,
    decode_extra,
    encode_chunk,
    encode_extra,
)


def some_points(n):
    rng = np.random.default_rng(n)

    def numbers(dtype, *shape):
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype)

    return Points(
        position=numbers(np.uint16, n, 3),
        cluster=numbers(np.uint8, n),
        colour=numbers(np.uint8, n, 3),
        aspect=numbers(np.uint8, n),
        flags=np.zeros(n, dtype=np.uint8),
        tile=numbers(np.uint32, n),
    )


def assert_equal(found, wanted):
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(found, column.name), getattr(wanted, column.name))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 1000])
def test_points_come_back_as_they_were_also_where_a_server_has_unpacked_them(n):
    points = some_points(n)
    data = encode_chunk(points)
    assert_equal(decode_chunk(data), points)
    assert_equal(decode_chunk(gzip.decompress(data)), points)


def test_a_point_costs_sixteen_bytes():
    assert len(decompress(encode_chunk(some_points(4000)))) == 16 + 16 * 4000


def test_a_later_writer_may_add_columns_behind():
    points = some_points(3)
    assert_equal(decode_chunk(decompress(encode_chunk(points)) + bytes(12)), points)


def test_points_that_are_not_whole_are_refused():
    data = encode_chunk(some_points(100))
    raw = gzip.decompress(data)
    for broken, message in (
        (data[:30], "damaged one of 30 bytes"),
        (raw[:-4], "100 rows of tile, got a file cut short"),
        (b"GLXI" + raw[4:], "Expected b'GLXP' version 2, got b'GLXI' version 2"),
        (b"GLXP\x01" + raw[5:], "got b'GLXP' version 1: publish again"),
        (b"GLX", "at least 16 bytes, got 3"),
    ):
        with pytest.raises(ArtifactError, match=message):
            decode_chunk(broken)


def test_further_columns_come_back():
    flat = np.arange(14, dtype=np.uint16).reshape(7, 2)
    time = np.array([UNKNOWN_TIME, -1, 0, 20_000], dtype=np.int32)
    np.testing.assert_array_equal(decode_extra("flat", encode_extra("flat", flat)), flat)
    np.testing.assert_array_equal(decode_extra("time", encode_extra("time", time)), time)


def test_a_tombstone_says_nothing_of_its_image_and_stands_where_another_is():
    points = some_points(6)
    dead = np.array([True, False, False, True, True, False])
    buried = bury_points(points, dead)
    assert buried.position[:, 0].tolist() == points.position[[1, 1, 2, 2, 2, 5], 0].tolist()
    assert buried.cluster.tolist() == points.cluster[[1, 1, 2, 2, 2, 5]].tolist()
    assert buried.colour[dead].tolist() == [[0, 0, 0]] * 3
    assert buried.aspect[dead].tolist() == [128] * 3
    assert buried.flags.tolist() == [1, 0, 0, 1, 1, 0]
    np.testing.assert_array_equal(buried.tile, points.tile)
    assert bury_extra("time", np.arange(6, dtype=np.int32), dead).tolist() == [-(2**31), 1, 2, -(2**31), -(2**31), 5]


def test_where_all_are_gone_nothing_is_left_but_tiles():
    points = some_points(3)
    others = replace(some_points(30)[slice(0, 3)], tile=points.tile)
    dead = np.ones(3, dtype=np.bool_)
    assert_equal(bury_points(points, dead), bury_points(others, dead))
