import numpy as np
import pytest

from catalog.layout import compute_positions, fit_perplexity, measure_quality
from catalog.layout import positions as positions_module
from tests.catalog.layout.factories import blob_purity, make_blobs


@pytest.fixture(scope="module")
def blobs():
    return make_blobs()


@pytest.fixture(scope="module")
def layout(blobs):
    return compute_positions(blobs[0], n_jobs=1)


def test_images_that_are_alike_become_neighbours(blobs, layout):
    vectors, owners = blobs
    rng = np.random.default_rng(1)
    scattered = rng.normal(size=layout.positions.shape).astype(np.float32)
    assert blob_purity(scattered, owners) < 0.3
    assert blob_purity(layout.positions, owners) > 0.98
    quality = measure_quality(vectors, layout.positions, owners, random_state=0)
    assert quality["trustworthiness"] > 0.9
    assert quality["knn_recall_at_10"] > 0.4


def test_a_layout_is_centred_float32_and_tells_how_it_came_about(layout):
    assert layout.positions.shape == (400, 3)
    assert layout.positions.dtype == np.float32
    np.testing.assert_allclose(layout.positions.mean(axis=0), 0, atol=1e-4)
    assert 0 < layout.kl_divergence < 5
    assert layout.n_iterations == 750
    assert layout.perplexity == 40
    assert set(layout.stage_seconds) == {"reduce", "neighbours", "affinities", "optimise", "divergence"}
    assert layout.seconds == pytest.approx(sum(layout.stage_seconds.values()))


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(blobs, layout):
    again = compute_positions(blobs[0], n_jobs=1)
    other = compute_positions(blobs[0], n_jobs=1, random_state=1)
    np.testing.assert_array_equal(again.positions, layout.positions)
    assert again.kl_divergence == layout.kl_divergence
    assert not np.array_equal(other.positions, layout.positions)


def test_two_threads_repeat_themselves(blobs, monkeypatch):
    monkeypatch.setattr(positions_module, "ONE_THREAD_BELOW", 0)
    first, second = (compute_positions(blobs[0], n_jobs=2).positions for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_deterministic_means_whatever_the_number_of_threads(blobs, monkeypatch):
    monkeypatch.setattr(positions_module, "ONE_THREAD_BELOW", 0)
    alone, together = (compute_positions(blobs[0], n_jobs=n, deterministic=True).positions for n in (1, 2))
    np.testing.assert_array_equal(alone, together)


def test_no_image_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="at least 1 image, got none"):
        compute_positions(np.empty((0, 256)))


def test_one_image_lies_at_the_origin():
    np.testing.assert_array_equal(compute_positions(np.ones((1, 8))).positions, [[0, 0, 0]])


@pytest.mark.parametrize("n", [2, 3, 4, 9, 10, 11, 12, 30, 100])
def test_small_libraries_get_distinct_finite_places(n):
    vectors, _ = make_blobs(n, n_blobs=min(n, 3))
    layout = compute_positions(vectors)
    assert layout.positions.shape == (n, 3)
    assert np.isfinite(layout.positions).all()
    assert len(np.unique(layout.positions, axis=0)) == n
    np.testing.assert_allclose(layout.positions.mean(axis=0), 0, atol=1e-4)


def test_of_three_images_the_two_alike_lie_together():
    places = compute_positions(np.array([[0, 0, 1], [0, 0.1, 1], [5, 0, 0]])).positions
    assert np.linalg.norm(places[0] - places[1]) < 0.3 * np.linalg.norm(places[0] - places[2])


@pytest.mark.parametrize("n", [2, 5, 10, 100, 500])
@pytest.mark.parametrize("value", [0.0, 0.37])
def test_images_that_are_all_the_same_become_a_small_ball(n, value):
    places = compute_positions(np.full((n, 16), value)).positions
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == n
    assert np.linalg.norm(places, axis=1).max() < n ** (1 / 3)


def test_many_duplicates_are_laid_out_like_any_others():
    vectors, owners = make_blobs(300)
    vectors[::3] = vectors[0]
    owners = owners.copy()
    owners[::3] = 99
    layout = compute_positions(vectors)
    assert np.isfinite(layout.positions).all()
    assert blob_purity(layout.positions, owners) > 0.9


@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_few_features_and_constant_ones_are_enough(n_features):
    vectors = np.zeros((60, n_features + 2), dtype=np.float32)
    vectors[:, :n_features] = np.random.default_rng(0).normal(size=(60, n_features))
    assert np.isfinite(compute_positions(vectors[:, :n_features]).positions).all()
    assert np.isfinite(compute_positions(vectors).positions).all()


def test_a_new_layout_keeps_the_arrangement_it_starts_from(blobs, layout):
    vectors, owners = blobs
    moved = compute_positions(vectors, initial=layout.positions, random_state=5, n_jobs=1).positions
    far_apart = [np.array([p[owners == blob].mean(axis=0) for blob in range(8)]) for p in (layout.positions, moved)]
    old, new = (np.linalg.norm(c[:, None] - c[None], axis=2)[np.triu_indices(8, 1)] for c in far_apart)
    assert np.corrcoef(old, new)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("vectors", "options", "message"),
    [
        (np.ones(8), {}, r"vectors of shape \(n_samples, n_features\), got \(8,\)"),
        (np.ones((8, 0)), {}, r"got \(8, 0\)"),
        (np.array([["a", "b"]]), {}, "real numbers, got dtype <U1"),
        ([[1, 2], [np.nan, 1], [np.inf, 0]], {}, "Expected finite vectors.*in 2 rows, first in row 1"),
        ([[1e300, 0.0]], {}, "Expected finite vectors.*first in row 0"),
        (np.ones((8, 4)), {"perplexity": 1}, "perplexity above 1 and at most 1000, got 1;"),
        (np.ones((8, 4)), {"perplexity": 1e6}, "perplexity above 1 and at most 1000, got 1000000"),
        (np.ones((8, 4)), {"perplexity": np.nan}, "perplexity above 1 and at most 1000, got nan"),
        (np.ones((8, 4)), {"initial": np.ones((7, 3))}, r"initial of shape \(8, 3\).*got \(7, 3\)"),
        (np.ones((2, 4)), {"initial": [[0, 0, 0], [0, 0, np.nan]]}, "Expected finite initial"),
        (np.ones((2, 4)), {"initial": [[0, 0, 0], [0, 0, np.inf]]}, "Expected finite initial"),
    ],
)
def test_input_that_cannot_be_laid_out_is_refused_with_what_came(vectors, options, message):
    with pytest.raises(ValueError, match=message):
        compute_positions(vectors, **options)


def test_perplexity_fits_the_library():
    assert fit_perplexity(50, 80_984) == 50
    assert fit_perplexity(50, 250) == 25
    assert fit_perplexity(50, 20) == 3
    assert fit_perplexity(50, 10) == 3
    assert fit_perplexity(1e9, 1000) == 100


def test_progress_is_told_to_the_end(blobs):
    told = []
    compute_positions(blobs[0][:50], on_progress=lambda *args: told.append(args))
    assert told[:2] == [("neighbours", 0, 1), ("neighbours", 1, 1)]
    assert [done for stage, done, _ in told if stage == "positions"] == list(range(0, 751, 10))
    assert told[-1] == ("positions", 750, 750)


def test_raising_from_progress_stops_the_work(blobs):
    class StopHereError(Exception):
        pass

    def stop(stage, done, total):
        if stage == "positions" and done >= 30:
            raise StopHereError(done)

    with pytest.raises(StopHereError, match="30"):
        compute_positions(blobs[0][:50], on_progress=stop)
