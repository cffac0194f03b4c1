from uuid import UUID

import numpy as np
import pytest

from explorer.artifact import ArtifactError
from explorer.artifact.binary import decompress
from explorer.artifact.places import (
    NO_POINT,
    choose_lookup_bits,
    decode_lookup,
    decode_places,
    encode_places,
    ids_of,
    lookup_number,
    split_lookup,
    uuids_of,
)

UUIDS = [UUID(int=k * 0x1234567_89ABCDEF_01234567_89ABCDEF % 2**128) for k in range(1, 301)]


def test_places_come_back_and_a_cut_file_is_refused():
    ids, points = ids_of([*UUIDS[:3], UUID(int=0)]), np.array([2, 0, 1, NO_POINT], dtype=np.uint32)
    data = encode_places(ids, points)
    found, of_found = decode_places(data)
    assert uuids_of(found) == [*UUIDS[:3], UUID(int=0)]
    assert of_found.tolist() == [2, 0, 1, NO_POINT]
    assert decompress(data)[16:32] == UUIDS[0].bytes
    with pytest.raises(ArtifactError, match="4 rows of point, got a file cut short"):
        decode_places(decompress(data)[:-4])


@pytest.mark.parametrize("bits", [0, 3, 8])
def test_each_image_is_in_the_file_that_its_last_byte_names(bits):
    tiles = np.arange(300, dtype=np.uint32) + 7
    files = [decode_lookup(data) for data in split_lookup(ids_of(UUIDS), tiles, bits)]
    assert len(files) == 2**bits
    assert sum(len(found) for _, found in files) == 300
    for uuid, tile in zip(UUIDS, tiles.tolist(), strict=True):
        ids, found = files[lookup_number(uuid.bytes[15], bits)]
        assert found[uuids_of(ids).index(uuid)] == tile
    for ids, _ in files:
        assert uuids_of(ids) == sorted(uuids_of(ids))


def test_tombstones_are_not_looked_up():
    files = split_lookup(ids_of([UUIDS[0], UUID(int=0)]), np.array([1, 2], dtype=np.uint32), 0)
    assert decode_lookup(files[0])[1].tolist() == [1]


def test_a_file_has_some_four_thousand_rows():
    chosen = {n: choose_lookup_bits(n) for n in (1, 4096, 4097, 10_000, 80_984, 1_000_000, 50_000_000)}
    assert chosen == {1: 0, 4096: 0, 4097: 1, 10_000: 2, 80_984: 5, 1_000_000: 8, 50_000_000: 8}
