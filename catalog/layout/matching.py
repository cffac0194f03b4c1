"""Which lasting cluster a new build's groups belong to."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike

NEW_IMAGE = -1
MAJORITY = 0.5
# Half of a cluster of two is one image: it is not to name a group of a thousand.
LEAST_PART_OF_GROUP = 0.25


def match_groups(
    assignments: ArrayLike,
    previous_clusters: ArrayLike,
    *,
    several: Collection[int] = (),
    matched: Sequence[int | None] | None = None,
    min_share: float = MAJORITY,
) -> list[int | None]:
    """Find for each new group the old cluster that goes on in it.

    A group may follow an old cluster if the images that they share are at least `min_share` of the group's images that
    existed before, or at least `min_share` of the old cluster and a quarter of the group. So a cluster that melts into a
    large group is not revived by a few strays, and a group of new images is new. Of all such pairs the one that shares most
    images is matched first, then the next one whose group and cluster are both free: of a cluster that k-means splits the
    larger part goes on, and the other is new unless another cluster suits it. Only clusters in `several` go on in every group
    that suits them.

    Greedy, because it can be explained to a curator and loses nothing that counts: over 80 pairs of unrelated k-means runs
    on maps of Tate and OpenMoji the best assignment kept 0.05 % more images in their clusters.

    Ties go to the lower group, then to the lower cluster.

    Parameters
    ----------
    assignments: (n_images,), new group of each image, from 0.
    previous_clusters: (n_images,), old cluster of the same image, from 0; -1 where the image is new.
    several: old clusters that many groups may follow.
    matched: what is settled already, one entry per group; None where a group still looks for its cluster.
    min_share: in (0, 1].

    Returns
    -------
    One entry per group: the old cluster's number, or None where the group is a new cluster.

    Raises
    ------
    ValueError: shapes that differ, negative groups, clusters below -1, another number of groups matched, or min_share out of range.
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
    matches: list[int | None] = [None] * n_groups if matched is None else list(matched)
    if len(matches) != n_groups:
        raise ValueError(f"Expected one match or None for each of {n_groups} groups, got {len(matches)}.")

    old = clusters != NEW_IMAGE
    shared = np.bincount(groups[old] * n_clusters + clusters[old], minlength=n_groups * n_clusters)
    shared = shared.reshape(n_groups, n_clusters)
    of_group, of_cluster = shared.sum(axis=1, keepdims=True), shared.sum(axis=0)
    mostly_there = (shared >= min_share * of_cluster) & (shared >= LEAST_PART_OF_GROUP * of_group)
    pairs = np.argwhere(((shared >= min_share * of_group) | mostly_there) & (shared > 0))
    taken = {cluster for cluster in matches if cluster is not None}
    for group, cluster in pairs[np.argsort(-shared[tuple(pairs.T)], kind="stable")].tolist():
        if matches[group] is None and (cluster not in taken or cluster in several):
            matches[group] = cluster
            taken.add(cluster)
    return matches
