"""The flat map: neighbours in space are neighbours in the plane, it stays put, and newcomers move nobody."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from catalog.layout import flatten_new, flatten_positions


def galaxy(n: int = 1_500, n_blobs: int = 15, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Balls of images, some of which hide others in every projection."""
    rng = np.random.default_rng(seed)
    blobs = rng.integers(n_blobs, size=n)
    centres = rng.normal(0, 20, (n_blobs, 3))
    return (centres[blobs] + rng.normal(0, 4, (n, 3))).astype(np.float32), blobs


def shadow(positions: np.ndarray) -> np.ndarray:
    centred = positions - positions.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T


def kept(positions: np.ndarray, flat: np.ndarray, k: int = 10) -> float:
    """Which part of each image's k nearest in space are among its k nearest in the plane."""
    in_space, in_plane = (cKDTree(places).query(places, k=k + 1)[1][:, 1:] for places in (positions, flat))
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(in_space, in_plane, strict=True)]))


def test_neighbours_in_space_stay_neighbours_far_more_of_them_than_in_a_shadow():
    positions, blobs = galaxy()

    flat = flatten_positions(positions)

    assert flat.shape == (1_500, 2)
    assert flat.dtype == np.float32
    assert kept(positions, flat) > 1.3 * kept(positions, shadow(positions)) > 0.5
    nearest = cKDTree(flat).query(flat, k=11)[1][:, 1:]
    assert (blobs[nearest] == blobs[:, None]).mean() > 0.95, "what lay behind another lies beside it now"


def test_it_lies_on_the_galaxys_shadow_so_that_the_way_from_space_is_short():
    positions, _blobs = galaxy()
    flat = flatten_positions(positions)
    seen = shadow(positions)
    seen *= np.sign((seen * flat).sum(axis=0))  # which way round each axis goes is the flat map's choice
    radius = np.quantile(np.linalg.norm(seen, axis=1), 0.95)
    assert np.median(np.linalg.norm(flat - seen, axis=1)) < 0.25 * radius
    assert np.allclose(flat.mean(axis=0), 0, atol=0.05 * radius)


def test_the_same_places_give_the_same_map_whatever_the_number_of_threads():
    positions, _blobs = galaxy(2_100)
    assert (flatten_positions(positions, n_jobs=1) == flatten_positions(positions, n_jobs=2)).all()


def test_a_map_that_people_know_stays_where_it_is():
    positions, _blobs = galaxy()
    known = flatten_positions(positions)
    turned = known @ np.array([[0.0, 3.0], [-3.0, 0.0]], dtype=np.float32) + np.float32(100)
    turned[::50] = np.nan

    again = flatten_positions(positions, previous=turned)

    old = ~np.isnan(turned[:, 0])
    radius = 3 * np.quantile(np.linalg.norm(known, axis=1), 0.95)
    assert np.median(np.linalg.norm(again[old] - turned[old], axis=1)) < 0.05 * radius
    assert kept(positions, again) > 0.95 * kept(positions, known)


def test_new_images_lie_among_their_neighbours_and_each_has_room():
    positions, _blobs = galaxy()
    flat = flatten_positions(positions)
    is_new = np.arange(len(positions)) % 20 == 0

    placed = flat.copy()
    placed[is_new] = flatten_new(positions[is_new], positions[~is_new], flat[~is_new])

    assert kept(positions, placed) > 0.9 * kept(positions, flat)
    alone = flatten_new(positions[:1], positions[~is_new], flat[~is_new])
    assert np.linalg.norm(alone - placed[:1]) < 0.1 * np.ptp(flat), "whoever comes beside it"
    pile = flatten_new(np.repeat(positions[:1], 30, axis=0), positions[1:], flat[1:])
    assert cKDTree(pile).query(pile, k=2)[0][:, 1].min() > 0


@pytest.mark.parametrize("n", [1, 2, 3, 9, 10, 11, 40])
def test_few_images_have_a_flat_map_too(n: int):
    positions, _blobs = galaxy(n)
    flat = flatten_positions(positions)
    assert flat.shape == (n, 2)
    assert np.isfinite(flat).all()
    assert n == 1 or cKDTree(flat).query(flat, k=2)[0][:, 1].min() > 0
    new = flatten_new(positions[:2], positions, flat)
    assert new.shape == positions[:2, :2].shape
    assert np.isfinite(new).all()


def test_a_known_map_of_nobody_is_none():
    positions, _blobs = galaxy(60)
    nobody = np.full((60, 2), np.nan)
    assert (flatten_positions(positions, previous=nobody) == flatten_positions(positions)).all()
    assert flatten_new(positions[:0], positions, np.zeros((60, 2))).shape == (0, 2)


def test_progress_is_told_and_may_stop_the_work():
    stages = []
    flatten_positions(galaxy(50)[0], on_progress=lambda stage, done, total: stages.append((stage, done, total)))
    assert {stage for stage, _, _ in stages} == {"Flattening"}
    assert stages[-1] == ("Flattening", 250, 250)

    def stop(stage: str, done: int, total: int) -> None:
        if done > 20:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        flatten_positions(galaxy(50)[0], on_progress=stop)


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match=r"\(n_samples, 3\) with at least one row, got \(4, 2\)"):
        flatten_positions(np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"previous of shape \(4, 2\), one row per image, got \(3, 2\)"):
        flatten_positions(np.zeros((4, 3)), previous=np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"at least one of these, got \(2, 3\) and \(0, 3\)"):
        flatten_new(np.zeros((2, 3)), np.zeros((0, 3)), np.zeros((0, 2)))
