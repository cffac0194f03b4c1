"""Quality: every figure agrees with the plain way to compute it, ties are fair, and samples stand for the whole."""

import json

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_samples

from catalog.layout import measure_quality
from catalog.layout import quality as quality_module
from tests.catalog.layout.factories import make_blobs


def noisy_map(n_samples: int = 300, noise: float = 1.0, seed: int = 0):
    """Vectors in eight blobs, a map that shows their first three axes with some noise, and the blobs."""
    vectors, blobs = make_blobs(n_samples, seed=seed)
    noise_added = np.random.default_rng(seed).normal(0, noise, (n_samples, 3))
    return vectors, (vectors[:, :3] + noise_added).astype(np.float32), blobs


def plain_recall(vectors, positions) -> float:
    """Which part of the ten nearest on the map is no farther by vector than the tenth nearest; all pairs, float64."""
    by_vector, by_place = (
        np.linalg.norm(points[:, None].astype(np.float64) - points[None], axis=2) for points in (vectors, positions)
    )
    for distances in (by_vector, by_place):
        np.fill_diagonal(distances, np.inf)
    shown = np.argsort(by_place, axis=1)[:, :10]
    tenth = np.sort(by_vector, axis=1)[:, 9:10]
    return float((np.take_along_axis(by_vector, shown, axis=1) <= tenth + 1e-9).mean())


def test_neighbours_kept_agree_with_all_pairs_compared():
    vectors, positions, blobs = noisy_map()
    quality = measure_quality(vectors, positions, blobs)
    assert 0.1 < quality["knn_recall_at_10"] < 0.5
    assert quality["knn_recall_at_10"] == pytest.approx(plain_recall(vectors, positions), abs=1e-4)
    expected = trustworthiness(vectors, positions, n_neighbors=10)
    assert quality["trustworthiness"] == pytest.approx(expected, abs=1e-4)
    assert quality["n_queries"] == 300
    assert quality["standard_errors"]["knn_recall_at_10"] == 0.0


def test_few_images_are_trusted_with_fewer_neighbours():
    vectors, positions, blobs = noisy_map(15)
    expected = trustworthiness(vectors, positions, n_neighbors=7)
    assert measure_quality(vectors, positions, blobs)["trustworthiness"] == pytest.approx(expected, abs=1e-4)


def test_of_a_hundred_equal_images_any_ten_are_right():
    rng = np.random.default_rng(0)
    vectors = np.repeat(rng.normal(size=(3, 64)), 100, axis=0)
    positions = np.repeat(np.eye(3) * 50, 100, axis=0) + rng.normal(size=(300, 3))
    groups = np.repeat([0, 1, 2], 100)
    quality = measure_quality(vectors, positions, groups)
    assert quality["knn_recall_at_10"] == quality["trustworthiness"] == 1.0
    # Equal images far apart on the map are still a mistake: their neighbours there are others.
    mixed = measure_quality(vectors, rng.permutation(positions), groups)
    assert mixed["knn_recall_at_10"] == pytest.approx(1 / 3, abs=0.05)


def test_ties_are_counted_as_all_pairs_count_them():
    vectors, positions, blobs = noisy_map()
    vectors[::3] = vectors[0]
    recall = measure_quality(vectors, positions, blobs)["knn_recall_at_10"]
    assert recall == pytest.approx(plain_recall(vectors, positions), abs=1e-4)


def test_vectors_far_from_zero_are_measured_alike():
    vectors, positions, blobs = noisy_map()
    near, far = (measure_quality(vectors + offset, positions, blobs) for offset in (0, 100))
    assert far["knn_recall_at_10"] == pytest.approx(near["knn_recall_at_10"], abs=2e-3)


def test_blocks_of_rows_change_nothing(monkeypatch):
    vectors, positions, blobs = noisy_map()
    whole = measure_quality(vectors, positions, blobs)
    monkeypatch.setattr(quality_module, "ROWS_A_BLOCK", 7)
    assert measure_quality(vectors, positions, blobs) == whole


def test_a_sample_stands_for_the_whole_within_its_error(monkeypatch):
    vectors, positions, blobs = noisy_map(900)
    whole = measure_quality(vectors, positions, blobs)
    monkeypatch.setattr(quality_module, "N_QUERIES", 200)
    monkeypatch.setattr(quality_module, "SILHOUETTE_SAMPLE", 200)
    for seed in range(5):
        sampled = measure_quality(vectors, positions, blobs, random_state=seed)
        assert sampled["n_queries"] == 200
        for name in ("trustworthiness", "knn_recall_at_10", "silhouette"):
            error = sampled["standard_errors"][name]
            assert 0 < error < 0.05, name
            assert abs(sampled[name] - whole[name]) < 4 * error, name
    assert measure_quality(vectors, positions, blobs, random_state=4) == sampled


def test_loosening_piles_is_measured_before_and_after():
    vectors, positions, blobs = noisy_map()
    better = vectors[:, :3]
    quality = measure_quality(vectors, positions, blobs, layout_positions=better)
    assert quality["knn_recall_at_10_before_spreading"] == measure_quality(vectors, better, blobs)["knn_recall_at_10"]
    assert quality["knn_recall_at_10_before_spreading"] > quality["knn_recall_at_10"]
    assert measure_quality(vectors, positions, blobs)["knn_recall_at_10_before_spreading"] is None


def test_a_good_map_is_told_from_a_shuffled_one():
    vectors, owners = make_blobs(300, n_blobs=3, n_features=3)
    good = measure_quality(vectors, vectors, owners)
    assert good["trustworthiness"] == good["knn_recall_at_10"] == 1.0
    assert good["silhouette"] > 0.5
    assert good["group_sizes"] == [100, 100, 100]
    shuffled = measure_quality(vectors, np.random.default_rng(0).permutation(vectors), owners)
    assert shuffled["trustworthiness"] < 0.6
    assert shuffled["knn_recall_at_10"] < 0.1
    assert shuffled["silhouette"] < 0.1


def test_each_group_has_its_own_silhouette():
    _, positions, blobs = noisy_map()
    groups = np.where(blobs == 7, 9, blobs)
    groups[0] = 8  # alone in its group: it has no silhouette
    quality = measure_quality(positions, positions, groups)
    each = silhouette_samples(positions, groups)
    expected = [each[groups == group].mean() if group not in (7, 8) else None for group in range(10)]
    assert quality["group_silhouettes"] == pytest.approx(expected, abs=1e-3)
    assert quality["silhouette"] == pytest.approx(each.mean(), abs=1e-4)


def test_how_far_old_images_moved_is_a_share_of_the_radius():
    _, positions, blobs = noisy_map()
    radius = np.quantile(np.linalg.norm(positions - positions.mean(axis=0), axis=1), 0.95)
    moved_by = np.full(300, 0.03)
    moved_by[:30] = 3.0
    moved_by[30:45] = 0.0
    previous = positions + (moved_by * radius)[:, None] * [0, 0, 1]
    previous[100:] = np.nan
    moved = measure_quality(positions, positions, blobs, previous_positions=previous)["moved"]
    assert moved["median"] == pytest.approx(0.03, abs=1e-4)
    assert moved["p95"] == pytest.approx(3.0, abs=1e-3)
    assert moved["n_shared"] == 100
    histogram = dict(zip(moved["histogram"]["edges"], moved["histogram"]["counts"], strict=True))
    assert histogram == {0.0: 15, 0.01: 0, 0.02: 55, 0.05: 0, 0.1: 0, 0.2: 0, 0.5: 0, 1.0: 30}


def test_movement_is_taken_as_given_not_aligned():
    _, positions, blobs = noisy_map()
    still = measure_quality(positions, positions, blobs, previous_positions=positions)["moved"]
    assert (still["median"], still["p95"]) == (0.0, 0.0)
    shifted = measure_quality(positions, positions, blobs, previous_positions=positions + 5)["moved"]
    assert shifted["median"] > 1


def test_a_first_map_and_one_of_new_images_only_moved_nothing():
    _, positions, blobs = noisy_map()
    assert measure_quality(positions, positions, blobs)["moved"] is None
    nowhere = np.full(positions.shape, np.nan)
    assert measure_quality(positions, positions, blobs, previous_positions=nowhere)["moved"] is None


@pytest.mark.parametrize("n", [1, 2, 3, 10, 12])
def test_few_or_identical_images_are_defined_or_none(n):
    places = np.zeros((n, 3))
    same = measure_quality(np.zeros((n, 4)), places, np.zeros(n, dtype=int), previous_positions=places)
    assert same["silhouette"] is None and same["group_silhouettes"] == [None] and same["moved"] is None
    assert same["group_sizes"] == [n]
    assert (same["trustworthiness"] is None) == (n < 3)
    assert (same["knn_recall_at_10"] is None) == (n < 12)


def test_no_image_at_all_cannot_be_measured():
    with pytest.raises(ValueError, match="at least one image"):
        measure_quality(np.zeros((0, 4)), np.zeros((0, 3)), np.zeros(0, dtype=int))


def test_it_is_small_enough_to_be_stored_with_every_build():
    vectors, positions, _ = noisy_map(2_550)
    groups = np.arange(2_550) % 255
    quality = measure_quality(
        vectors, positions, groups, layout_positions=positions, previous_positions=positions + 0.1
    )
    assert len(json.dumps(quality)) < 10_000


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"positions": np.zeros((2, 3))}, "got 3, 2 and 3"),
        ({"positions": np.zeros((3, 2))}, r"positions of shape \(3, 3\), one row a vector, got \(3, 2\)"),
        ({"layout_positions": np.zeros((4, 3))}, r"layout_positions of shape \(3, 3\), one row a vector, got \(4, 3\)"),
        ({"previous_positions": np.zeros((3, 2))}, r"previous_positions of shape \(3, 3\)"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(wrong, message):
    given = {"vectors": np.zeros((3, 4)), "positions": np.zeros((3, 3)), "assignments": np.zeros(3, dtype=int)}
    with pytest.raises(ValueError, match=message):
        measure_quality(**{**given, **wrong})
