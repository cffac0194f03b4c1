"""Twelve neighbours an image, exact to the last tie; what an update must write anew; and the files they are in."""

import numpy as np
import pytest

from explorer.artifact.format import ArtifactError
from explorer.artifact.neighbours import (
    NeighbourSearch,
    decode_neighbours,
    decode_patch,
    encode_neighbours,
    encode_patch,
    find_neighbours,
)


def label_vectors(n: int = 700, n_features: int = 64, seed: int = 0) -> np.ndarray:
    """As labels make them: around topics, many the same, some the same but for their length, some without any."""
    rng = np.random.default_rng(seed)
    topics = rng.normal(size=(12, n_features))
    vectors = topics[rng.integers(12, size=n)] + 0.4 * rng.normal(size=(n, n_features))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[rng.integers(n, size=n // 3)] = vectors[rng.integers(n, size=n // 3)]
    vectors[rng.integers(n, size=n // 4)] = vectors[0]
    vectors[rng.integers(n, size=n // 10)] = 0.5 * vectors[7 % n]
    vectors[rng.integers(n, size=n // 20)] = 0
    return vectors.astype(np.float16)


def compare_all(vectors: np.ndarray, k: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """The same answer from all pairs, one by one."""
    x = vectors.astype(np.float64)
    squares = (x * x).sum(axis=1)
    known = squares > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        cosines = (x @ x.T) / np.sqrt(squares[:, None] * squares)
    cosines[~known] = cosines[:, ~known] = -np.inf
    np.fill_diagonal(cosines, -np.inf)
    order = np.lexsort((np.broadcast_to(np.arange(len(x)), cosines.shape), -cosines), axis=1)[:, :k]
    values = np.take_along_axis(cosines, order, axis=1)
    return np.where(values > -np.inf, order, -1), np.where(values > -np.inf, values, 0)


def test_the_neighbours_are_those_of_comparing_all_pairs_however_many_are_equal():
    vectors = label_vectors()

    indices, similarity = find_neighbours(vectors)

    expected, cosines = compare_all(vectors)
    assert (indices == expected).all()
    assert np.abs(similarity - cosines).max() < 1e-6


def test_vectors_without_any_structure_hide_nobody():
    vectors = np.random.default_rng(3).normal(size=(300, 100)).astype(np.float16)
    assert (find_neighbours(vectors)[0] == compare_all(vectors)[0]).all()


def test_equal_images_are_neighbours_in_the_order_of_their_numbers():
    vectors = np.ones((40, 16), dtype=np.float16)

    indices, similarity = find_neighbours(vectors)

    assert indices[0].tolist() == list(range(1, 13))
    assert indices[5].tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12]
    assert indices[39].tolist() == list(range(12))
    assert (similarity == 1).all()


def test_an_image_without_a_vector_has_no_neighbours_and_is_nobodys():
    vectors = label_vectors(50)
    vectors[[3, 20]] = 0

    indices, similarity = find_neighbours(vectors)

    assert (indices[[3, 20]] == -1).all()
    assert (similarity[[3, 20]] == 0).all()
    assert not np.isin(indices, [3, 20]).any()


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_where_there_are_few_images_the_rest_of_a_list_is_empty(n: int):
    vectors = np.eye(max(n, 1), 8, dtype=np.float16)[:n] + np.float16(0.1)

    indices, _ = find_neighbours(vectors)

    assert indices.shape == (n, 12)
    assert ((indices >= 0).sum(axis=1) == max(n - 1, 0)).all()


def test_parts_make_up_the_whole_whatever_the_number_of_threads():
    vectors = label_vectors(900)
    whole = find_neighbours(vectors)

    search = NeighbourSearch(vectors, n_jobs=1)
    parts = [search.find(slice(first, first + 256)) for first in range(0, 900, 256)]

    assert all(
        (np.concatenate(part) == of_all).all() for part, of_all in zip(zip(*parts, strict=True), whole, strict=True)
    )
    some = np.array([700, 3, 3, 511])
    assert (find_neighbours(vectors, rows=some)[0] == whole[0][some]).all()


def test_progress_is_told_and_may_stop_the_work():
    told = []
    find_neighbours(label_vectors(100), on_progress=lambda *args: told.append(args))
    assert told == [("neighbours", 0, 100), ("neighbours", 100, 100)]

    def stop(stage: str, done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        find_neighbours(label_vectors(100), on_progress=stop)


def test_an_update_finds_all_whose_lists_change_and_few_others():
    before = label_vectors(800)
    old_lists, _ = find_neighbours(before)
    rng = np.random.default_rng(9)
    after = np.concatenate([before, label_vectors(30, seed=5), before[rng.integers(800, size=5)]])
    after[17] = 0  # one leaves
    after[40] = after[300] * np.float16(0.75)  # one gets other labels
    changed = np.array([17, 40, *range(800, 835)])

    search = NeighbourSearch(after)
    affected = search.find_affected(old_lists, changed)
    lists = np.concatenate([old_lists, np.full((35, 12), -1, dtype=np.int32)])
    lists[affected] = search.find(affected)[0]

    expected = compare_all(after)[0]
    assert (lists == expected).all()
    differs = (expected[:800] != old_lists).any(axis=1).sum() + len(changed)
    assert len(affected) < 1.5 * differs, "ties with the last on a list are looked at again, and no more than these"


def test_where_nothing_changes_nothing_is_affected():
    vectors = label_vectors(200)
    assert len(NeighbourSearch(vectors).find_affected(find_neighbours(vectors)[0], np.array([], dtype=int))) == 0


def test_lists_and_patches_come_back_from_their_files():
    indices, similarity = find_neighbours(label_vectors(60))

    tiles, cosines = decode_neighbours(encode_neighbours(indices, similarity))
    assert (tiles == indices).all()
    assert (tiles[indices < 0] == -1).all()
    assert np.abs(cosines - similarity).max() <= 0.5 / 255 + 1e-6

    changed, tiles, cosines = decode_patch(encode_patch(np.array([4, 9, 70_000]), indices[:3], similarity[:3]))
    assert changed.tolist() == [4, 9, 70_000]
    assert (tiles == indices[:3]).all()
    assert np.abs(cosines - similarity[:3]).max() <= 0.5 / 255 + 1e-6


def test_errors_say_what_was_expected():
    with pytest.raises(ArtifactError, match=r"float16 vectors of shape \(n_images, n_features\), got float32"):
        NeighbourSearch(np.ones((3, 4), dtype=np.float32))
    with pytest.raises(ArtifactError, match="finite"):
        NeighbourSearch(np.full((3, 4), np.nan, dtype=np.float16))
    with pytest.raises(ArtifactError, match="ascending"):
        encode_patch(np.array([4, 4]), np.zeros((2, 12), np.int32), np.zeros((2, 12), np.float32))
    with pytest.raises(ArtifactError, match="GLXN"):
        decode_neighbours(encode_patch(np.array([4]), np.zeros((1, 12), np.int32), np.zeros((1, 12), np.float32)))
