"""Which lasting cluster a new build's groups belong to."""

import numpy as np
from numpy.typing import ArrayLike

NEW_IMAGE = -1
MAJORITY = 0.5


def match_groups(
    assignments: ArrayLike, previous_clusters: ArrayLike, *, min_share: float = MAJORITY
) -> list[int | None]:
    """Find for each new group the old cluster whose images it mostly holds.

    A group follows the old cluster with which it shares most images, if those are at least `min_share` of the group's images
    that existed before, or at least `min_share` of the old cluster. So a cluster that k-means splits stays one (two
    groups point to it), a cluster that melts into a large group is not revived by a few strays, and a group of new images is new.
    Ties go to the lower cluster.

    Parameters
    ----------
    assignments: (n_images,), new group of each image, from 0.
    previous_clusters: (n_images,), old cluster of the same image, from 0; -1 where the image is new.
    min_share: in (0, 1].

    Returns
    -------
    One entry per group: the old cluster's number, or None where the group is a new cluster.

    Raises
    ------
    ValueError: shapes that differ, negative groups, clusters below -1, or min_share out of range.
    """
    groups = np.asarray(assignments, dtype=np.int64)
    clusters = np.asarray(previous_clusters, dtype=np.int64)
    if groups.ndim != 1 or groups.shape != clusters.shape:
        raise ValueError(f"Expected one old cluster per image, got shapes {groups.shape} and {clusters.shape}.")
    if not 0 < min_share <= 1:
        raise ValueError(f"Expected min_share in (0, 1], got {min_share}.")
    if len(groups) == 0:
        return []
    if groups.min() < 0 or clusters.min() < NEW_IMAGE:
        raise ValueError(f"Expected groups from 0 and clusters from -1, got {groups.min()} and {clusters.min()}.")
    n_groups, n_clusters = int(groups.max()) + 1, int(clusters.max()) + 1
    if n_clusters == 0:
        return [None] * n_groups
    old = clusters != NEW_IMAGE
    shared = np.bincount(groups[old] * n_clusters + clusters[old], minlength=n_groups * n_clusters)
    shared = shared.reshape(n_groups, n_clusters)
    of_group, of_cluster = shared.sum(axis=1), shared.sum(axis=0)
    best = shared.argmax(axis=1)
    matches: list[int | None] = []
    for group, cluster in enumerate(best.tolist()):
        count = shared[group, cluster]
        enough = count >= min_share * of_group[group] or count >= min_share * of_cluster[cluster]
        matches.append(cluster if count > 0 and enough else None)
    return matches
