"""The map stays put: aligned to the last one, continued from it, and with new images among fixed old ones."""

import numpy as np
import pytest

from catalog.layout import align_positions, compute_positions, galaxy_radius, knn_recall, place_new
from tests.catalog.layout.factories import blob_purity, make_blobs


@pytest.fixture(scope="module")
def library():
    return make_blobs(1200, n_blobs=15, seed=3)


@pytest.fixture(scope="module")
def old_map(library):
    return compute_positions(library[0][:1000], perplexity=20).positions


def with_new_rows(positions, n_new):
    return np.vstack([positions, np.full((n_new, 3), np.nan)])


def median_move(before, after):
    return np.median(np.linalg.norm(after[: len(before)] - before, axis=1)) / galaxy_radius(before)


def test_a_map_that_was_turned_mirrored_and_blown_up_is_laid_back():
    rng = np.random.default_rng(0)
    reference = rng.normal(0, 10, (200, 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn[:, 0] *= -np.sign(np.linalg.det(turn))  # a reflection
    moved = reference @ turn * 3.0 + [5, -7, 11]
    np.testing.assert_allclose(align_positions(moved, reference), reference, atol=1e-3)


def test_only_common_points_decide_how_a_map_is_laid():
    reference = np.random.default_rng(0).normal(0, 10, (50, 3))
    common = np.arange(50) < 40
    elsewhere = np.where(common[:, None], reference, 1e3)
    np.testing.assert_allclose(
        align_positions(reference, elsewhere, common), reference, atol=1e-3
    )  # the others go along, whatever the reference has for them


def test_aligning_to_nothing_is_an_error():
    with pytest.raises(ValueError, match="at least one point that both maps have, got none"):
        align_positions(np.ones((3, 3)), np.ones((3, 3)), np.zeros(3, dtype=bool))
    with pytest.raises(ValueError, match=r"reference of shape \(3, 3\)"):
        align_positions(np.ones((3, 3)), np.ones((4, 3)))


def test_the_radius_holds_nineteen_images_of_twenty():
    places = np.zeros((100, 3))
    places[:, 0] = np.repeat([-1, 1], 50)
    places[:4, 0] = [-50, 50, -50, 50]
    assert galaxy_radius(places) == pytest.approx(1, abs=0.1)  # the centroid is a little beside the middle


def test_twenty_additions_in_a_row_leave_the_map_where_it_was(library, old_map):
    """Each of 10 images to 1,000; and the last map is as good as one made from nothing."""
    vectors, _ = library
    places, moves = old_map, []
    for n in range(1000, 1200, 10):
        layout = compute_positions(vectors[: n + 10], perplexity=20, initial=with_new_rows(places, 10))
        assert layout.n_iterations == 100
        moves.append(median_move(places, layout.positions))
        places = layout.positions
    assert max(moves) < 0.02
    fresh = compute_positions(vectors, perplexity=20)
    assert layout.kl_divergence is not None and fresh.kl_divergence is not None
    assert layout.kl_divergence < 1.02 * fresh.kl_divergence
    assert median_move(old_map, fresh.positions) > 0.2  # whereas one from nothing is another map


def test_a_known_map_of_any_size_and_place_is_taken_up(library, old_map):
    """A map shown elsewhere, at a tenth of its size, no longer has t-SNE's unit; it keeps its arrangement all the same."""
    shown = old_map / 10 + 4
    layout = compute_positions(library[0][:1000], perplexity=20, initial=shown)
    assert np.corrcoef((shown - shown.mean(axis=0)).ravel(), layout.positions.ravel())[0, 1] > 0.9
    assert 0.5 < galaxy_radius(layout.positions) / galaxy_radius(shown) < 2


def test_vectors_that_mean_something_else_by_now_get_a_whole_new_layout(library, old_map):
    vectors, blobs = library
    shuffled = np.random.default_rng(0).permutation(1000)
    layout = compute_positions(vectors[shuffled], perplexity=20, initial=old_map)
    assert layout.n_iterations == 750
    assert blob_purity(layout.positions, blobs[shuffled]) > 0.95


def test_mostly_new_images_get_a_whole_layout_too(library, old_map):
    vectors, blobs = library
    layout = compute_positions(vectors, perplexity=20, initial=with_new_rows(old_map[:500], 700))
    assert layout.n_iterations == 750
    assert blob_purity(layout.positions, blobs) > 0.95


def test_an_initial_map_of_nobody_is_no_initial_map(library):
    vectors = library[0][:100]
    nobody = np.full((100, 3), np.nan)
    fresh = compute_positions(vectors).positions
    np.testing.assert_array_equal(compute_positions(vectors, initial=nobody).positions, fresh)


def test_few_images_stay_where_they_were_as_well():
    vectors = np.random.default_rng(0).normal(size=(6, 8))
    first = compute_positions(vectors[:5]).positions
    second = compute_positions(vectors, initial=with_new_rows(first, 1)).positions
    assert median_move(first, second) < 0.6


def test_new_images_join_their_like_and_keep_as_many_neighbours_as_a_whole_build(library, old_map):
    vectors, blobs = library
    placed = place_new(vectors[1000:], vectors[:1000], old_map)
    assert placed.shape == (200, 3)
    assert placed.dtype == np.float32
    nearest = [int(np.linalg.norm(old_map - place, axis=1).argmin()) for place in placed]
    assert (blobs[nearest] == blobs[1000:]).mean() > 0.95
    together = np.vstack([old_map, placed])
    whole = compute_positions(vectors, perplexity=20).positions
    assert knn_recall(vectors, together) > 0.9 * knn_recall(vectors, whole)


def test_batches_of_any_size_give_the_same_places(library, old_map):
    vectors, _ = library
    at_once = place_new(vectors[1000:1100], vectors[:1000], old_map)
    halves = [place_new(vectors[a:b], vectors[:1000], old_map, n_jobs=1) for a, b in ((1000, 1050), (1050, 1100))]
    difference = np.linalg.norm(at_once - np.vstack(halves), axis=1) / galaxy_radius(old_map)
    assert np.median(difference) < 0.01


def test_places_in_another_unit_are_no_obstacle(library, old_map):
    vectors, blobs = library
    for unit in (1e-3, 1e3):
        placed = place_new(vectors[1000:], vectors[:1000], old_map * unit) / unit
        nearest = [int(np.linalg.norm(old_map - place, axis=1).argmin()) for place in placed]
        assert (blobs[nearest] == blobs[1000:]).mean() > 0.9


def test_very_few_old_images_and_no_new_ones_have_an_answer():
    vectors = np.random.default_rng(0).normal(size=(5, 4))
    assert place_new(np.empty((0, 4)), vectors, np.zeros((5, 3))).shape == (0, 3)
    np.testing.assert_array_equal(place_new(vectors[:2], vectors[:1], [[1, 2, 3]]), [[1, 2, 3], [1, 2, 3]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 4)), np.ones((3, 5)), np.ones((3, 3))), "new_vectors of 5 features, as vectors have, got 4"),
        (
            (np.ones((2, 4)), np.ones((3, 4)), np.ones((2, 3))),
            r"positions of shape \(3, 3\), one row per image, got \(2, 3\)",
        ),
        ((np.ones((2, 4)), np.empty((0, 4)), np.empty((0, 3))), "at least 1 image that has a place, got none"),
        ((np.full((2, 4), np.nan), np.ones((3, 4)), np.ones((3, 3))), "finite new_vectors.*first in row 0"),
    ],
)
def test_what_cannot_be_placed_is_refused_with_what_came(arguments, message):
    with pytest.raises(ValueError, match=message):
        place_new(*arguments)
