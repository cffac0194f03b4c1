"""Which group images join that came after the groups were made."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_NEIGHBOURS = 10


def join_groups(
    new_positions: ArrayLike,
    positions: ArrayLike,
    assignments: ArrayLike,
    *,
    new_kinds: ArrayLike | None = None,
    kinds: ArrayLike | None = None,
    n_neighbours: int = N_NEIGHBOURS,
) -> NDArray[np.int32]:
    """Give each new image the group that most of its nearest neighbours on the map are in.

    Not the nearest centroid: a merge of groups has none. Groups that were not made by position (of images without labels, of a label
    asked for by name) are joined by kind: a kind has a group of its own where at least half of the kind's images are in the group
    and at least half of the group's are of the kind.

    Parameters
    ----------
    new_positions: (n_new, 3), finite.
    positions: (n_samples, 3), finite, at least one row: the images that have a group.
    assignments: (n_samples,), their groups, from 0.
    new_kinds, kinds: integers (n_new,) and (n_samples,), from 0; -1 for images of no kind. None: no image is of any.
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
    joined = np.asarray(votes.argmax(axis=1), dtype=np.int32)
    if new_kinds is not None and kinds is not None:
        asked = np.asarray(new_kinds)
        for kind, group in _groups_of_kinds(np.asarray(kinds), groups).items():
            joined[asked == kind] = group
    return joined


def _groups_of_kinds(kinds: NDArray[np.integer], groups: NDArray[np.int32]) -> dict[int, int]:
    """Return the group of each kind that has one of its own."""
    sizes = np.bincount(groups)
    own = {}
    for kind in np.unique(kinds[kinds >= 0]).tolist():
        members = np.bincount(groups[kinds == kind], minlength=len(sizes))
        group = int(members.argmax())
        if 2 * members[group] >= max(members.sum(), sizes[group]):
            own[kind] = group
    return own
