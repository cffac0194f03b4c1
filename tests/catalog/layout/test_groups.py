import numpy as np
import pytest

from catalog.layout import compute_groups, fit_k, match_groups


def balls(*sizes, seed=0):
    """Balls of the given sizes, ten apart on one axis."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal((10 * i, 0, 0), 0.5, (size, 3)) for i, size in enumerate(sizes)]).astype(
        np.float32
    )


def test_balls_become_groups_largest_first():
    places = balls(40, 100, 60)
    groups = compute_groups(places, k=3)
    assert groups.k == 3
    assert groups.assignments.dtype == np.int32
    assert groups.centroids.dtype == np.float32
    np.testing.assert_array_equal(groups.assignments, [2] * 40 + [0] * 100 + [1] * 60)
    np.testing.assert_allclose(groups.centroids, [[10, 0, 0], [20, 0, 0], [0, 0, 0]], atol=0.3)


def test_the_same_seed_gives_the_same_groups():
    places = np.random.default_rng(3).normal(size=(2000, 3))
    first, again = compute_groups(places, random_state=4), compute_groups(places, random_state=4)
    np.testing.assert_array_equal(first.assignments, again.assignments)
    assert first.k == 25


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (3, 1), (10, 2), (100, 7), (250, 11), (1250, 25), (80_984, 25)])
def test_small_libraries_get_fewer_groups(n, k):
    assert fit_k(25, n) == k


def test_there_are_never_more_groups_than_places():
    places = np.repeat(np.eye(3), 100, axis=0)  # k-means would warn, and a warning here is an error
    groups = compute_groups(places, k=25)
    assert groups.k == 3
    assert compute_groups(np.zeros((500, 3)), k=25).k == 1


def test_places_that_differ_only_by_rounding_are_grouped_without_a_warning():
    # Three places, each split in two by the last bit of a float32: k-means asked for five finds three, and says so aloud.
    last_bit = np.nextafter(np.float32(100), np.float32(200)) - np.float32(100)
    places = np.repeat(np.eye(3, dtype=np.float32) * 100, 60, axis=0)
    places[::2] += last_bit * (places[::2] > 0)
    assert len(np.unique(places, axis=0)) == 6
    groups = compute_groups(places, k=5)
    assert 3 <= groups.k <= 5
    assert (np.bincount(groups.assignments) > 0).all()


@pytest.mark.parametrize(
    ("positions", "k", "message"),
    [
        (np.empty((0, 3)), 5, r"at least one row, got \(0, 3\)"),
        (np.ones((4, 2)), 5, r"shape \(n_samples, 3\).*got \(4, 2\)"),
        ([[0, 0, np.nan]], 5, "finite positions"),
        (np.ones((4, 3)), 0, "k of at least 1, got 0"),
    ],
)
def test_what_cannot_be_grouped_is_refused(positions, k, message):
    with pytest.raises(ValueError, match=message):
        compute_groups(positions, k=k)


def test_a_new_group_finds_the_cluster_that_its_images_came_from():
    # Cluster 0 was split in two, cluster 1 stayed but for one image, and the last group is all new.
    groups = [0, 0, 1, 1, 2, 2, 2, 3, 3]
    clusters = [0, 0, 0, 0, 1, 1, 0, -1, -1]
    assert match_groups(groups, clusters) == [0, 0, 1, None]


def test_a_few_strays_do_not_carry_a_cluster_along():
    # Group 0 draws from four clusters, none of which gives most of it or most of itself.
    groups = [0] * 8 + [1] * 20
    clusters = [0, 0, 1, 1, 2, 2, 3, 3] + [0, 1, 2, 3] * 5
    assert match_groups(groups, clusters)[0] is None
    assert match_groups(groups, clusters, min_share=0.25)[0] == 0


def test_a_cluster_swallowed_by_a_larger_group_goes_with_it_only_if_it_is_the_largest_part():
    groups = [0] * 9
    clusters = [5] * 4 + [2] * 3 + [1] * 2
    assert match_groups(groups, clusters) == [5]


def test_matching_without_any_old_image_finds_nothing():
    assert match_groups([0, 1, 1], [-1, -1, -1]) == [None, None]
    assert match_groups([], []) == []


@pytest.mark.parametrize(
    ("groups", "clusters", "share", "message"),
    [
        ([0, 1], [0], 0.5, r"got shapes \(2,\) and \(1,\)"),
        ([0, -1], [0, 0], 0.5, "groups from 0 and clusters from -1, got -1 and 0"),
        ([0, 1], [0, -2], 0.5, "got 0 and -2"),
        ([0], [0], 0.0, r"min_share in \(0, 1\], got 0"),
    ],
)
def test_what_cannot_be_matched_is_refused(groups, clusters, share, message):
    with pytest.raises(ValueError, match=message):
        match_groups(groups, clusters, min_share=share)


def test_images_of_which_nothing_is_known_are_one_group_wherever_they_lie():
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(60, 3)) + np.repeat(np.eye(3) * 20, 20, axis=0)
    unknown = np.arange(60) % 4 == 0

    groups = compute_groups(positions, k=3, apart=unknown)

    assert len(set(groups.assignments[unknown])) == 1
    assert not set(groups.assignments[unknown]) & set(groups.assignments[~unknown])
    assert groups.k == 4
    assert compute_groups(positions, apart=np.ones(60, dtype=bool)).k == 1


def test_apart_must_fit():
    with pytest.raises(ValueError, match=r"shape \(4,\).*got \(3,\)"):
        compute_groups(np.zeros((4, 3)), apart=[True, False, True])
