"""Room for the pictures: piles of near-identical images are loosened until each can be seen."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

N_ROUNDS = 40  # piles of a few hundred are loose after thirty; later rounds move almost nothing
LONGEST_STEP = 0.15  # of the room, a round; with more, neighbours in a crowd leap over each other
ROOM = (
    0.4  # of the distance that n evenly spread images would have in the galaxy's ball; 0.6 costs twice the neighbours
)


def room_between(positions: NDArray[np.float32]) -> float:
    """Return the distance that every two images should have: 0.4 R / n^(1/3), in the plane n^(1/2), R holding 95 % of the images."""
    distances = np.linalg.norm(positions - positions.mean(axis=0), axis=1)
    return float(ROOM * np.quantile(distances, 0.95) / len(positions) ** (1 / positions.shape[1]))


def spread_positions(
    positions: ArrayLike, *, fixed: ArrayLike | None = None, n_rounds: int = N_ROUNDS
) -> NDArray[np.float32]:
    """Push apart images that lie closer than `room_between`, and leave all others where they are.

    t-SNE keeps near what is alike and does not mind if a hundred pictures share a spot; in a galaxy of thumbnails
    ninety-nine of them are then never seen. In each round every pair that is too close moves apart along the line
    between them, so a pile swells into a ball with its neighbourhoods kept, and the map keeps its shape.

    Parameters
    ----------
    positions: (n_samples, 3), or (n_samples, 2) in the plane, finite.
    fixed: bool (n_samples,), images that stay where they are, to the bit; the others make room around them. None: all may move.
    n_rounds: at most so many; it ends sooner when nothing is too close.

    Returns
    -------
    float32, as `positions`, centred unless some are fixed. Deterministic: images in the very same spot part in directions given
    by their numbers.

    Raises
    ------
    ValueError: a wrong shape or numbers that are not finite.
    """
    places = np.array(positions, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] not in (2, 3):
        raise ValueError(f"Expected positions of shape (n_samples, 3) or (n_samples, 2), got {places.shape}.")
    if not np.isfinite(places).all():
        raise ValueError("Expected finite positions, got NaN or infinite ones: lay the images out again.")
    stay = np.zeros(len(places), dtype=bool) if fixed is None else np.asarray(fixed, dtype=bool)
    if stay.shape != (len(places),):
        raise ValueError(f"Expected fixed of shape ({len(places)},), one per position, got {stay.shape}.")
    if len(places) < 2:
        return places.astype(np.float32)
    room = room_between(places.astype(np.float32))
    if stay.any():
        if room > 0:
            _spread_among(places, stay, room, n_rounds)
        return places.astype(np.float32)
    if room > 0:
        for _ in range(n_rounds):
            pairs = cKDTree(places).query_pairs(room, output_type="ndarray")
            if len(pairs) == 0:
                break
            _push_apart(places, pairs, room)
    centred: NDArray[np.float32] = (places - places.mean(axis=0)).astype(np.float32)
    return centred


def _spread_among(places: NDArray[np.float64], stay: NDArray[np.bool_], room: float, n_rounds: int) -> None:
    """Move those that do not stay; only their own surroundings are looked at, so a few among a million take no time."""
    moving, kept = np.flatnonzero(~stay), np.flatnonzero(stay)
    kept_places = places[kept]
    tree = cKDTree(kept_places)
    for _ in range(n_rounds):
        moved = cKDTree(places[moving])
        among = moving[moved.query_pairs(room, output_type="ndarray")]
        near = moved.sparse_distance_matrix(tree, room, output_type="ndarray")
        pairs = np.concatenate([among, np.column_stack([moving[near["i"]], kept[near["j"]]])])
        if len(pairs) == 0:
            break
        _push_apart(places, pairs, room)
        places[kept] = kept_places


def _push_apart(places: NDArray[np.float64], pairs: NDArray[np.intp], room: float) -> None:
    """Move each pair apart by half its overlap, and no image by more than `LONGEST_STEP`, so that crowds swell and do not explode."""
    first, second = pairs[:, 0], pairs[:, 1]
    away = places[first] - places[second]
    distance = np.linalg.norm(away, axis=1)
    same = distance < 1e-9 * room
    away[same] = _directions(first[same], second[same], places.shape[1])
    push = away * ((room - distance) / 2 / np.where(same, 1.0, distance))[:, None]
    moves = np.column_stack(
        [
            np.bincount(first, push[:, axis], len(places)) - np.bincount(second, push[:, axis], len(places))
            for axis in range(places.shape[1])
        ]
    )
    longest = LONGEST_STEP * room
    lengths = np.linalg.norm(moves, axis=1, keepdims=True)
    places += moves * np.minimum(1.0, longest / np.maximum(lengths, longest))


def _directions(first: NDArray[np.intp], second: NDArray[np.intp], n_axes: int) -> NDArray[np.float64]:
    """Return a unit vector for each pair of numbers, spread over the sphere (or the circle) by the golden angle."""
    number = (first * 7919 + second).astype(np.float64)
    if n_axes == 2:
        return np.column_stack([np.cos(number * 2.399963229728653), np.sin(number * 2.399963229728653)])
    height = 1 - 2 * np.modf(number * 0.6180339887498949)[0]
    angle = number * 2.399963229728653
    radius = np.sqrt(1 - height**2)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), height])
