"""Which lasting cluster each group of a new build belongs to: the one that people know, or a new one with a name and a colour."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.layout import GroupName, cluster_palette, match_groups, name_groups
from catalog.models import Cluster, Galaxy, Group, Pin, Position

__all__ = ["cluster_of_images", "find_clusters"]


def find_clusters(
    galaxy: Galaxy,
    image_ids: Sequence[int],
    assignments: NDArray[np.int32],
    labels: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
) -> list[Cluster]:
    """For each new group its cluster: an old one that holds the same images, or else a new one. Call it in a transaction.

    An old cluster goes on in the group that shares most images with it; only one in which a curator had merged several
    groups may take several again. What a curator named keeps its name; a computed name stays while it still is among the
    first four names of its group.

    Parameters
    ----------
    image_ids, assignments, labels, scores
        Parallel, one entry an image; groups are numbered from 0.
    """
    names = name_groups(assignments, labels, scores)
    inherited = _inherit(galaxy, image_ids, assignments, len(names))
    taken = set(galaxy.clusters.values_list("name", flat=True))
    colours = _free_colours(galaxy, len(names))
    clusters: list[Cluster] = []
    for group_name, cluster in zip(names, inherited, strict=True):
        if cluster is None:
            cluster = Cluster(galaxy=galaxy, name=_free_name(group_name, taken), colour=colours.pop(0))
            cluster.tour_order = len(clusters)
        elif cluster.name_source == Cluster.NameSource.COMPUTED and cluster.name not in _candidates(group_name):
            taken.discard(cluster.name)
            cluster.name = _free_name(group_name, taken)
        cluster.runner_up_names = list(group_name.runner_ups)
        taken.add(cluster.name)
        cluster.save()
        clusters.append(cluster)
    return clusters


def cluster_of_images(galaxy: Galaxy, build_id: int) -> dict[int, int]:
    """Image id -> cluster id in a build, pins applied."""
    of_build = dict(Position.objects.filter(build=build_id).values_list("image_id", "group__cluster_id"))
    pinned = dict(Pin.objects.filter(galaxy=galaxy).values_list("image_id", "cluster_id"))
    return of_build | {image_id: cluster for image_id, cluster in pinned.items() if image_id in of_build}


def _inherit(
    galaxy: Galaxy, image_ids: Sequence[int], assignments: NDArray[np.int32], n_groups: int
) -> list[Cluster | None]:
    last = galaxy.builds.filter(complete=True).order_by("-number").first()
    if last is None:
        return [None] * n_groups
    old = cluster_of_images(galaxy, last.pk)
    numbers = {cluster_id: number for number, cluster_id in enumerate(sorted(set(old.values())))}
    previous = np.array([numbers[old[i]] if i in old else -1 for i in image_ids], dtype=np.int64)
    matched = match_groups(assignments, previous)
    merged = {
        numbers[cluster_id]
        for cluster_id, n in Counter(Group.objects.filter(build=last).values_list("cluster_id", flat=True)).items()
        if n > 1 and cluster_id in numbers
    }
    heirs: dict[int, int] = {}
    for group, number in enumerate(matched):
        if number is not None:
            shared = int(np.sum((assignments == group) & (previous == number)))
            best = heirs.get(number)
            if best is None or shared > int(np.sum((assignments == best) & (previous == number))):
                heirs[number] = group
    rows = Cluster.objects.in_bulk(list(numbers))
    by_number = {number: rows[cluster_id] for cluster_id, number in numbers.items()}
    return [
        by_number[number] if number is not None and (number in merged or heirs[number] == group) else None
        for group, number in enumerate(matched)
    ]


def _candidates(group_name: GroupName) -> set[str]:
    return {group_name.name, *group_name.runner_ups}


def _free_name(group_name: GroupName, taken: set[str]) -> str:
    """The first of a group's names that no other cluster of the galaxy bears, dormant ones included."""
    for name in (group_name.name, *group_name.runner_ups):
        if name not in taken:
            return name
    number = 2
    while f"{group_name.name} {number}" in taken:
        number += 1
    return f"{group_name.name} {number}"


def _free_colours(galaxy: Galaxy, n: int) -> list[str]:
    """Colours for up to n new clusters: those of the palette that the galaxy does not use yet come first."""
    used = Counter(galaxy.clusters.values_list("colour", flat=True))
    palette = cluster_palette(n + len(used))
    return sorted(palette, key=lambda colour: used[colour])
