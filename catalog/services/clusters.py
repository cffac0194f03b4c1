"""Which lasting cluster each group of a new build belongs to: the one that people know, or a new one with a name and a colour."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, QuerySet
from numpy.typing import NDArray

from catalog.layout import GroupName, cluster_palette, match_groups, name_groups
from catalog.models import Build, Cluster, Galaxy, Group, Pin, Position
from catalog.terms import fold_term

__all__ = ["cluster_of_images", "find_clusters", "free_colours", "free_name"]

COMPUTED, CURATOR = Cluster.NameSource.COMPUTED, Cluster.NameSource.CURATOR
CHUNK = 10_000
_NUMBER = re.compile(r" \d+$")


def find_clusters(
    galaxy: Galaxy,
    image_ids: Sequence[int],
    assignments: NDArray[np.int32],
    labels: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]],
    *,
    asked_for: Mapping[int, str] | None = None,
) -> list[Cluster]:
    """For each new group its cluster: an old one that holds the same images, or else a new one.

    An old cluster goes on in the group that shares most images with it (`match_groups`). Many groups go on in one cluster only
    where a person's word would be lost otherwise: a curator merged several groups into it, or hid it. Of any other cluster
    that k-means splits the larger part goes on, and the rest is new. A group without a cluster in the last build wakes the one that
    its images had in an older build, as far back as builds are kept.

    What a curator named keeps its name. A computed name stays while it is among the first four for its images; it gives
    way to a label asked for by name, and a dormant cluster's to a living one. Reading and naming come first, then one
    short transaction writes.

    Parameters
    ----------
    image_ids, assignments, labels, scores
        Parallel, one entry an image; groups are numbered from 0.
    asked_for
        The names of those groups that were asked for by a label's name.
    """
    n_groups = int(assignments.max()) + 1
    inherited = _inherit(galaxy, image_ids, assignments, n_groups)
    # Groups of one cluster are named together, by all of its images.
    slots: dict[int, int] = {}
    slot_of = [
        slots.setdefault(cluster.pk if cluster else -1 - group, len(slots)) for group, cluster in enumerate(inherited)
    ]
    known = {slot: cluster for slot, cluster in zip(slot_of, inherited, strict=True) if cluster is not None}
    given = {slot: cluster.name for slot, cluster in known.items() if cluster.name_source == CURATOR}
    for group, name in (asked_for or {}).items():
        given.setdefault(slot_of[group], name)
    names = name_groups(np.array(slot_of)[assignments], labels, scores, given=given)
    with transaction.atomic():
        clusters = _save_clusters(galaxy, known, names, given)
    return [clusters[slot] for slot in slot_of]


def cluster_of_images(galaxy: Galaxy, build_id: int) -> dict[int, int]:
    """Image id -> cluster id in a build, pins applied."""
    of_build = dict(Position.objects.filter(build=build_id).values_list("image_id", "group__cluster_id"))
    pinned = dict(Pin.objects.filter(galaxy=galaxy).values_list("image_id", "cluster_id"))
    return of_build | {image_id: cluster for image_id, cluster in pinned.items() if image_id in of_build}


def _inherit(
    galaxy: Galaxy, image_ids: Sequence[int], assignments: NDArray[np.int32], n_groups: int
) -> list[Cluster | None]:
    """The old cluster of each group, None where it has none."""
    clusters = list(galaxy.clusters.order_by("pk"))
    keys = np.array([cluster.pk for cluster in clusters], dtype=np.int64)
    several = _many_to_one(galaxy)
    numbers = {number for number, cluster in enumerate(clusters) if cluster.hidden or cluster.pk in several}
    matched: list[int | None] = [None] * n_groups
    # The newest build first: where images were last counts before where they were long ago.
    for build in galaxy.builds.filter(complete=True).order_by("-number"):
        before = _clusters_in(galaxy, build, image_ids)
        previous = np.where(before >= 0, np.searchsorted(keys, before), -1)
        matched = match_groups(assignments, previous, several=numbers, matched=matched)
        if None not in matched:
            break
    return [None if number is None else clusters[number] for number in matched]


def _many_to_one(galaxy: Galaxy) -> set[int]:
    """Ids of the clusters to which several groups of one kept build point: a curator merged them."""
    groups = Group.objects.filter(build__galaxy=galaxy, build__complete=True).order_by()
    return set(
        groups.values("build", "cluster").annotate(n=Count("pk")).filter(n__gt=1).values_list("cluster", flat=True)
    )


def _clusters_in(galaxy: Galaxy, build: Build, image_ids: Sequence[int]) -> NDArray[np.int64]:
    """The cluster id of each image in a build, pins applied; -1 where the build lacks it."""
    in_build = Position.objects.filter(build=build)
    pinned = Pin.objects.filter(galaxy=galaxy, image__in=in_build.values("image"))
    clusters = _look_up(image_ids, in_build.values_list("image_id", "group__cluster_id"))
    pins = _look_up(image_ids, pinned.values_list("image_id", "cluster_id"))
    return np.where(pins >= 0, pins, clusters)


def _look_up(image_ids: Sequence[int], pairs: QuerySet[Any, tuple[int, int]]) -> NDArray[np.int64]:
    """The second of each pair where the first is the image's id, -1 for other images; some 50 bytes an image, not a dict's 200."""
    ids = np.asarray(image_ids, dtype=np.int64)
    found = np.fromiter(pairs.iterator(CHUNK), dtype=np.dtype((np.int64, 2)))
    found = found[np.argsort(found[:, 0])]
    if not len(found):
        return np.full(len(ids), -1)
    places = np.minimum(np.searchsorted(found[:, 0], ids), len(found) - 1)
    return np.where(found[places, 0] == ids, found[places, 1], -1)


def _save_clusters(
    galaxy: Galaxy, known: Mapping[int, Cluster], names: Sequence[GroupName], given: Mapping[int, str]
) -> list[Cluster]:
    """Make and rename clusters, one for each name; `known` are those that there are already, by their place in `names`."""
    dormant = list(galaxy.clusters.exclude(pk__in=[cluster.pk for cluster in known.values()]).order_by("pk"))
    chosen = _choose_names(known, dormant, names, given)
    living_names = set(map(fold_term, chosen))
    taken = living_names | {fold_term(cluster.name) for cluster in dormant}
    renamed = [(known[slot], name) for slot, name in enumerate(chosen) if slot in known and known[slot].name != name]
    for cluster in dormant:
        if fold_term(cluster.name) in living_names and cluster.name_source == COMPUTED:
            renamed.append((cluster, free_name([cluster.name], taken)))
    # Names change hands, and at no moment may two clusters bear the same one.
    for cluster, _name in renamed:
        Cluster.objects.filter(pk=cluster.pk).update(name=str(cluster.uuid))
    for cluster, name in renamed:
        cluster.name = name
        cluster.save(update_fields=["name"])

    colours = iter(free_colours(known.values(), len(names)))
    clusters: list[Cluster] = []
    for slot, name in enumerate(chosen):
        runner_ups = list(names[slot].runner_ups)
        if slot in known:
            cluster = known[slot]
            cluster.runner_up_names = runner_ups
            cluster.save(update_fields=["runner_up_names"])
        else:
            cluster = Cluster.objects.create(
                galaxy=galaxy, name=name, runner_up_names=runner_ups, colour=next(colours), tour_order=slot
            )
        clusters.append(cluster)
    return clusters


def _choose_names(
    known: Mapping[int, Cluster], dormant: Sequence[Cluster], names: Sequence[GroupName], given: Mapping[int, str]
) -> list[str]:
    """The name of each cluster that lives now, old or new; no two are alike."""
    candidates = [[n.name] if slot in given else [n.name, *n.runner_ups] for slot, n in enumerate(names)]
    chosen: dict[int, str] = {}
    for slot, cluster in known.items():
        keys = set(map(fold_term, candidates[slot]))
        if cluster.name_source == CURATOR or {fold_term(cluster.name), fold_term(_without_number(cluster.name))} & keys:
            chosen[slot] = cluster.name
    taken = {fold_term(name) for name in chosen.values()}
    taken |= {fold_term(cluster.name) for cluster in dormant if cluster.name_source == CURATOR}
    # Those with a given name choose first.
    for slot in sorted(range(len(names)), key=lambda slot: slot not in given):
        if slot not in chosen:
            chosen[slot] = free_name(candidates[slot], taken)
    return [chosen[slot] for slot in range(len(names))]


def free_name(candidates: Sequence[str], taken: set[str]) -> str:
    """The first candidate that is not taken, or else the first one with a number; it is taken then."""
    numbered = (f"{candidates[0]} {number}" for number in count(2))
    name = next(name for name in chain(candidates, numbered) if fold_term(name) not in taken)
    taken.add(fold_term(name))
    return name


def _without_number(name: str) -> str:
    return _NUMBER.sub("", name)


def free_colours(living: Iterable[Cluster], n: int) -> list[str]:
    """Colours for up to n new clusters: those of the palette that no living cluster has come first."""
    used = Counter(cluster.colour for cluster in living)
    palette = cluster_palette(n + len(used))
    return sorted(palette, key=lambda colour: used[colour])
