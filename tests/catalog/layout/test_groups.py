import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from catalog.layout import choose_k, compute_groups, extra_groups, fit_k


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


def test_images_of_which_nothing_is_known_are_one_group_wherever_they_lie():
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(60, 3)) + np.repeat(np.eye(3) * 20, 20, axis=0)
    unknown = np.arange(60) % 4 == 0

    groups = compute_groups(positions, k=3, apart=unknown)

    assert len(set(groups.assignments[unknown])) == 1
    assert not set(groups.assignments[unknown]) & set(groups.assignments[~unknown])
    assert groups.k == 4
    assert compute_groups(positions, apart=np.ones(60, dtype=bool)).k == 1


@pytest.mark.parametrize("name", ["apart", "extra", "previous"])
def test_what_is_said_of_images_must_fit(name):
    with pytest.raises(ValueError, match=rf"{name} of shape \(4,\).*got \(3,\)"):
        compute_groups(np.zeros((4, 3)), k=1, **{name: [1, 0, 1]})  # type: ignore[arg-type]


def apart_balls(n_balls, *, n_samples=1300, spread=0.5, seed=0):
    """Balls of unequal sizes on a grid, whose centres lie at least eight standard deviations apart, and the ball of each point."""
    rng = np.random.default_rng(seed)
    centres = np.array([(x, y, z) for x in range(4) for y in range(4) for z in range(3)])[rng.permutation(48)[:n_balls]]
    shares = 1 / np.arange(1, n_balls + 1) ** 0.5
    balls_of = rng.choice(n_balls, n_samples, p=shares / shares.sum())
    return (centres[balls_of] * 8 * spread + rng.normal(0, spread, (n_samples, 3))).astype(np.float32), balls_of


@pytest.mark.parametrize("n_balls", [8, 13, 20, 31])
def test_left_to_itself_it_finds_as_many_groups_as_stand_apart(n_balls):
    places, balls_of = apart_balls(n_balls, n_samples=max(1300, 75 * n_balls))
    assert choose_k(places) == n_balls
    groups = compute_groups(places, k=None)
    assert groups.k == n_balls
    assert adjusted_rand_score(balls_of, groups.assignments) > 0.99


def test_chosen_numbers_stay_within_8_and_40_and_small_libraries_get_fewer():
    assert choose_k(apart_balls(3)[0]) >= 8
    assert choose_k(apart_balls(48, n_samples=3300)[0]) in (39, 40)
    assert choose_k(apart_balls(20, n_samples=60)[0]) <= fit_k(40, 60) == 5
    for few in range(1, 12):
        assert compute_groups(balls(few), k=None).k == fit_k(40, few)
    assert compute_groups(np.zeros((500, 3)), k=None).k == 1
    assert compute_groups(np.repeat(np.eye(3), 100, axis=0), k=None).k == 3
    with pytest.raises(ValueError, match="at least one position"):
        choose_k(np.empty((0, 3)))


def test_the_last_number_is_kept_where_none_is_clearly_better():
    # Noise without balls: every number of groups is as good as another.
    noise = np.random.default_rng(5).uniform(size=(1000, 3))
    chosen = choose_k(noise)
    near = next(k for k in (chosen + 1, chosen - 1) if 8 <= k <= fit_k(40, 1000))
    assert choose_k(noise, previous=near) == near
    assert choose_k(apart_balls(20)[0], previous=10) == 20
    assert choose_k(noise, previous=200) == chosen


def test_a_map_that_hardly_changed_is_not_divided_anew():
    # A shapeless cloud, where a fresh k-means finds other groups each time: five steps of 1 % more images, and all tremble a little.
    rng = np.random.default_rng(1)
    places = rng.normal(size=(3000, 3))
    known = fresh = compute_groups(places, k=15).assignments
    kept_agreement, fresh_agreement = [], []
    for step in range(5):
        places = np.vstack((places + rng.normal(0, 0.02, places.shape), rng.normal(size=(30, 3))))
        previous = np.append(known, np.full(30, -1))
        kept = compute_groups(places, k=15, random_state=step, previous=previous).assignments
        anew = compute_groups(places, k=15, random_state=step).assignments
        kept_agreement.append(adjusted_rand_score(known, kept[:-30]))
        fresh_agreement.append(adjusted_rand_score(fresh, anew[:-30]))
        known, fresh = kept, anew
    assert min(kept_agreement) > 0.85 > np.mean(fresh_agreement)


def test_groups_that_no_longer_fit_are_given_up():
    places, balls_of = apart_balls(10)
    bad = np.random.default_rng(0).integers(0, 10, len(places))
    assert adjusted_rand_score(balls_of, compute_groups(places, k=10, previous=bad).assignments) > 0.99


@pytest.mark.parametrize("k", [6, 10, 14])
def test_more_or_fewer_groups_than_last_time_start_from_those_there_were(k):
    places, balls_of = apart_balls(10)
    groups = compute_groups(places, k=k, previous=balls_of)
    assert groups.k == k
    assert (np.bincount(groups.assignments) > 0).all()


def test_labels_asked_for_make_groups_of_their_own_besides_the_others():
    labels = [["cat"], ["Dog", "cat"], ["dog", " CAT "], ["dog", "cat"], ["bird"], [], ["cat"]]
    scores = [[0.9], [0.8, 0.3], [0.4, 0.6], [0.5, 0.5], [0.9], [], [0.0]]
    joined = extra_groups(labels, scores, ["dog", "unicorn", "cat"])
    # The surer label wins, of equals the first asked for; a score of 0 is no label.
    np.testing.assert_array_equal(joined, [2, 0, 2, 0, -1, -1, -1])
    assert joined.dtype == np.int32
    np.testing.assert_array_equal(extra_groups(labels, scores, []), [-1] * 7)

    places = balls(40, 40)
    asked = np.full(80, -1)
    asked[::10] = 2
    asked[5] = 0
    unknown = np.arange(80) % 20 == 0  # some of them asked for, too: what is asked for outweighs
    groups = compute_groups(places, k=2, extra=asked, apart=unknown)
    assert groups.extra.tolist() == [-1, -1, 2, 0]
    assert groups.assignments[::10].tolist() == [2] * 8
    assert groups.assignments[5] == 3
    np.testing.assert_allclose(groups.centroids[3], places[5])


def test_all_images_may_be_asked_for():
    groups = compute_groups(balls(5), k=3, extra=np.zeros(5, dtype=int))
    assert (groups.k, groups.extra.tolist()) == (1, [0])
