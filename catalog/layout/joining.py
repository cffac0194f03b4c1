"""Which group images join that came after the groups were made."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_NEIGHBOURS = 10


def join_groups(
    new_positions: ArrayLike, positions: ArrayLike, assignments: ArrayLike, *, n_neighbours: int = N_NEIGHBOURS
) -> NDArray[np.int32]:
    """Give each new image the group that most of its nearest neighbours on the map are in.

    Not the nearest centroid: groups that k-means did not make (images without labels, a label asked for by name) have no
    centroid that says where they lie.

    Parameters
    ----------
    new_positions: (n_new, 3), finite.
    positions: (n_samples, 3), finite, at least one row: the images that have a group.
    assignments: (n_samples,), their groups, from 0.
    n_neighbours: how many have a vote, at least 1; a tie goes to the group of the nearest, then to the lowest.

    Returns
    -------
    int32 (n_new,)

    Raises
    ------
    ValueError: wrong shapes, or no image that has a group.
    """
    from scipy.spatial import cKDTree

    new, places = np.asarray(new_positions, dtype=np.float32), np.asarray(positions, dtype=np.float32)
    groups = np.asarray(assignments, dtype=np.int32)
    if new.ndim != 2 or new.shape[1] != 3:
        raise ValueError(f"Expected new positions of shape (n_new, 3), got {new.shape}.")
    if places.ndim != 2 or places.shape[1] != 3 or len(places) == 0:
        raise ValueError(f"Expected positions of shape (n_samples, 3) with at least one row, got {places.shape}.")
    if groups.shape != (len(places),):
        raise ValueError(f"Expected one group per position, {len(places)} of them, got shape {groups.shape}.")
    n_votes = min(n_neighbours, len(places))
    _, nearest = cKDTree(places).query(new, k=n_votes, workers=-1)
    voters = groups[nearest.reshape(len(new), n_votes)]
    votes = np.zeros((len(new), int(groups.max()) + 1), dtype=np.float32)
    np.add.at(votes, (np.arange(len(new))[:, None], voters), 1.0)
    if len(new):
        votes[np.arange(len(new)), voters[:, 0]] += 0.5
    return np.asarray(votes.argmax(axis=1), dtype=np.int32)
