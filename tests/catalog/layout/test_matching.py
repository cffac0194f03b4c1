"""Which old cluster goes on in which new group: by most shared images."""

import numpy as np
import pytest

from catalog.layout import match_groups


def test_a_new_group_finds_the_cluster_that_its_images_came_from():
    # Cluster 0 lost an image to cluster 1, and the last group is all new.
    groups = [0, 0, 0, 1, 1, 1, 2, 2]
    clusters = [0, 0, 0, 1, 1, 0, -1, -1]
    assert match_groups(groups, clusters) == [0, 1, None]


def test_of_a_cluster_that_is_split_the_larger_part_goes_on():
    groups = [0] * 4 + [1] * 6
    assert match_groups(groups, [0] * 10) == [None, 0]


def test_a_cluster_of_several_groups_goes_on_in_all_that_suit_it():
    groups = [0] * 4 + [1] * 6 + [2] * 5
    clusters = [0] * 10 + [0] + [1] * 4
    assert match_groups(groups, clusters, several={0}) == [0, 0, 1]


def test_the_smaller_part_of_a_split_takes_the_cluster_that_mostly_went_into_it():
    # Group 1 has 60 of cluster 0, but most of that went on in group 0; of cluster 1 it has nearly all.
    groups = [0] * 140 + [1] * 110 + [2] * 10
    clusters = [0] * 140 + [0] * 60 + [1] * 50 + [1] * 10
    assert match_groups(groups, clusters) == [0, 1, None]


def test_two_clusters_that_become_one_group_go_on_as_the_larger():
    groups = [0] * 9
    clusters = [5] * 4 + [2] * 3 + [1] * 2
    assert match_groups(groups, clusters) == [5]


def test_a_few_strays_do_not_carry_a_cluster_along():
    # Group 0 draws from four clusters, none of which gives most of it or most of itself.
    groups = [0] * 8 + [1] * 20
    clusters = [0, 0, 1, 1, 2, 2, 3, 3] + [0, 1, 2, 3] * 5
    assert match_groups(groups, clusters)[0] is None
    assert match_groups(groups, clusters, min_share=0.25) == [1, 0]


def test_a_cluster_of_two_does_not_name_a_group_of_twenty():
    groups = [0] * 20 + [1] * 30
    clusters = [0] * 2 + [1] * 6 + [2] * 6 + [3] * 6 + [1] * 10 + [2] * 10 + [3] * 10
    assert match_groups(groups, clusters) == [None, 1]


def test_what_is_settled_stays_and_its_cluster_is_taken():
    groups = [0] * 3 + [1] * 3
    assert match_groups(groups, [0] * 3 + [1] * 3, matched=[None, 0]) == [None, 0]
    assert match_groups(groups, [2] * 3 + [1] * 3, matched=[None, 0]) == [2, 0]


def test_matching_does_not_depend_on_the_order_of_images_and_ties_go_to_the_lower_group():
    rng = np.random.default_rng(0)
    groups, clusters = rng.integers(0, 6, 200), rng.integers(0, 3, 200)
    shuffled = rng.permutation(200)
    assert match_groups(groups, clusters) == match_groups(groups[shuffled], clusters[shuffled])
    assert match_groups([1, 1, 0, 0], [0, 0, 0, 0]) == [0, None]


def test_matching_without_any_old_image_finds_nothing():
    assert match_groups([0, 1, 1], [-1, -1, -1]) == [None, None]
    assert match_groups([], []) == []


@pytest.mark.parametrize(
    ("groups", "clusters", "options", "message"),
    [
        ([0, 1], [0], {}, r"got shapes \(2,\) and \(1,\)"),
        ([0, -1], [0, 0], {}, "groups from 0 and clusters from -1, got -1 and 0"),
        ([0, 1], [0, -2], {}, "got 0 and -2"),
        ([0], [0], {"min_share": 0.0}, r"min_share in \(0, 1\], got 0"),
        ([0, 1], [0, 0], {"matched": [None]}, "each of 2 groups, got 1"),
    ],
)
def test_what_cannot_be_matched_is_refused(groups, clusters, options, message):
    with pytest.raises(ValueError, match=message):
        match_groups(groups, clusters, **options)
