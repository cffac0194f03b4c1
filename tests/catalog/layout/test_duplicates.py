"""Hashes that differ in few bits are grouped around the largest picture; groups are stars, not chains."""

import numpy as np
import pytest

from catalog.layout import group_near_duplicates


def group(hashes: list[int], sizes: list[int] | None = None, distance: int = 2) -> list[int]:
    values = np.array(hashes, dtype=np.int64)
    return group_near_duplicates(values, np.array(sizes or [1] * len(hashes)), distance).tolist()


def test_the_largest_is_the_head():
    assert group([0b1000, 0b0001, 0b0000, 0b1111 << 20], sizes=[5, 9, 7, 9]) == [1, 1, 1, 3]


def test_a_chain_does_not_become_one_group():
    chain = [0b0, 0b11, 0b1111, 0b111111, 0b11111111]
    heads = group(chain)
    assert heads == [0, 0, 2, 2, 4]
    for one, head in zip(chain, heads, strict=True):
        assert (one ^ chain[head]).bit_count() <= 2


def test_all_64_bits_count_and_the_sign_is_one_of_them():
    assert group([-(2**63), 0, 2**62], distance=1) == [0, 0, 2]
    assert group([-1, 0], distance=63) == [0, 1]


def test_many_hashes_give_what_comparing_each_with_each_gives():
    rng = np.random.default_rng(0)
    originals = rng.integers(-(2**63), 2**63 - 1, 3000)
    copies = originals[:500] ^ (1 << rng.integers(0, 63, 500))
    hashes = np.concatenate([originals, copies])
    heads = group_near_duplicates(hashes, np.ones(len(hashes), dtype=np.int64), 4)

    assert heads[:3000].tolist() == list(range(3000))
    assert heads[3000:].tolist() == list(range(500))


def test_a_picture_of_another_shape_is_no_head_but_leaves_the_way_to_one():
    hashes, sizes = np.zeros(3, dtype=np.int64), np.array([9, 5, 4])
    heads = group_near_duplicates(hashes, sizes, 2, shapes=np.array([1.0, 0.0, 0.1]), max_shape_difference=0.15)

    assert heads.tolist() == [0, 1, 1]


def test_fifty_thousand_that_are_all_alike_are_one_group_and_cost_no_memory_for_pairs():
    heads = group_near_duplicates(np.zeros(50_000, np.int64), np.ones(50_000, np.int64), 0)

    assert not heads.any()


@pytest.mark.parametrize("hashes", [[], [5]])
def test_none_and_one_are_fine(hashes: list[int]):
    assert group(hashes) == list(range(len(hashes)))


def test_wrong_shapes_and_distances_are_refused():
    with pytest.raises(ValueError, match=r"one size for each hash, got shapes \(2,\) and \(1,\)"):
        group_near_duplicates(np.zeros(2, np.int64), np.ones(1, np.int64), 2)
    with pytest.raises(ValueError, match="0 to 63 bits, got 64"):
        group_near_duplicates(np.zeros(2, np.int64), np.ones(2, np.int64), 64)
