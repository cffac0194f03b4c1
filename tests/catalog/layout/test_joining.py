"""Who comes later joins the group of its neighbours, or of its kind."""

import numpy as np
import pytest

from catalog.layout import join_groups


@pytest.fixture
def two_balls():
    """Sixty places in two balls, ten apart, and the group of each."""
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(0, 1, (30, 3)), rng.normal(10, 1, (30, 3))]).astype(np.float32)
    return places, np.repeat([0, 1], 30)


def test_new_images_join_the_group_they_lie_in(two_balls):
    places, groups = two_balls
    joined = join_groups([[0, 0, 1], [10, 10, 9], [0, 1, 0]], places, groups)
    assert joined.dtype == np.int32
    assert joined.tolist() == [0, 1, 0]


def test_most_neighbours_win_and_of_equals_the_nearest():
    places = [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]]
    assert join_groups([[0.1, 0, 0]], places, [2, 1, 1, 0], n_neighbours=3).tolist() == [1]
    assert join_groups([[0.1, 0, 0]], places, [2, 1, 0, 0], n_neighbours=2).tolist() == [2]
    assert join_groups([[0.1, 0, 0]], places[:1], [0]).tolist() == [0], "fewer neighbours than have a vote"
    assert join_groups(np.zeros((0, 3)), places, [0, 0, 1, 1]).shape == (0,)


def test_a_kind_with_a_group_of_its_own_is_joined_wherever_it_lies(two_balls):
    places, groups = two_balls
    # The unlabelled lie scattered among all, and are one group.
    unlabelled = np.arange(60) % 6 == 0
    groups = np.where(unlabelled, 2, groups)
    kinds = np.where(unlabelled, 0, -1)
    joined = join_groups([[0, 0, 0], [0, 0, 0]], places, groups, new_kinds=[0, -1], kinds=kinds)
    assert joined.tolist() == [2, 0]


def test_a_kind_that_is_spread_over_groups_has_none_of_its_own(two_balls):
    places, groups = two_balls
    kinds = np.where(np.arange(60) % 6 == 0, 0, -1)
    assert join_groups([[10, 10, 10]], places, groups, new_kinds=[0], kinds=kinds).tolist() == [1]


@pytest.mark.parametrize(
    ("new", "places", "groups", "message"),
    [
        ([[0, 0]], [[0, 0, 0]], [0], r"new positions of shape \(n_new, 3\), got \(1, 2\)"),
        ([[0, 0, 0]], np.zeros((0, 3)), [], r"at least one row, got \(0, 3\)"),
        ([[0, 0, 0]], [[0, 0, 0]], [0, 1], r"1 of them, got shape \(2,\)"),
    ],
)
def test_wrong_shapes_are_told(new, places, groups, message):
    with pytest.raises(ValueError, match=message):
        join_groups(new, places, groups)
