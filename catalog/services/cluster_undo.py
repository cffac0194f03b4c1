"""Taking back what was said of clusters: what held before holds again, but for what somebody has said since."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from catalog.models import Build, Change, Cluster, Galaxy, Group, Position
from catalog.permissions import User
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks
from catalog.services.errors import ServiceError
from catalog.services.pins import put_pins
from catalog.signals import cluster_hidden

__all__ = ["undo_cluster_change"]


@transaction.atomic
def undo_cluster_change(change: Change, *, by: User | None) -> None:
    """Take back one change of `catalog.services.cluster_edit`. Undoing it twice does nothing more.

    What was changed again since stays as it is: a cluster that was renamed twice keeps the second name when the first is taken back.
    Visitors see it after the next publication.

    Raises ServiceError when its galaxy is gone, or when another cluster bears the name by now that one had before.
    """
    if change.galaxy is None:
        raise ServiceError("Expected a change of a galaxy that is still there, got one of a galaxy that was deleted.")
    undone = Change.objects.filter(pk=change.pk, undone_at__isnull=True)
    if not undone.update(undone_at=timezone.now(), undone_by_id=None if by is None else by.pk):
        return
    galaxy, details = change.galaxy, change.details
    _undo_edits(galaxy, details.get("clusters", {}))
    alive = set(galaxy.clusters.values_list("pk", flat=True))
    for was, goal, images in details.get("pins", []):
        # A pin to a cluster that was deleted meanwhile cannot come back: builds say again where the image belongs.
        put_pins(galaxy, images, goal, was if was in alive else None)
    if details["deed"] == "merge":
        _undo_merge(galaxy, details)
    if details["deed"] == "split":
        _undo_split(galaxy, details)


def _undo_edits(galaxy: Galaxy, edits: Mapping[str, Mapping[str, Any]]) -> None:
    """Give each field back the value that it had before, where it still has the one that it was given."""
    clusters = galaxy.clusters.select_for_update().in_bulk([int(pk) for pk in edits])
    for pk, changed in edits.items():
        cluster = clusters.get(int(pk))
        if cluster is None:
            continue
        back = {field: before for field, (before, after) in changed.items() if getattr(cluster, field) == after}
        if "name_source" in back and "name" not in back:
            del back["name_source"]
        name = back.get("name", cluster.name)
        if galaxy.clusters.exclude(pk=cluster.pk).filter(name=name).exists():
            raise ServiceError(
                f"Expected the name {name!r} to be free for {cluster.name}, but another cluster bears it by now. Rename that one first."
            )
        Cluster.objects.filter(pk=cluster.pk).update(**back)
        if back.get("hidden"):
            cluster_hidden.send(Cluster, galaxy=galaxy)


def _undo_merge(galaxy: Galaxy, details: Mapping[str, Any]) -> None:
    """Give groups back to the clusters that they were merged away from, in every kept build."""
    into, others = details["into"], details["others"]
    alive = set(galaxy.clusters.filter(pk__in=others).values_list("pk", flat=True))
    moved = {int(pk): was for pk, (was, _into) in details["groups"].items() if was in alive}
    _follow(galaxy, into, moved)
    for was in alive:
        keys = [pk for pk, cluster in moved.items() if cluster == was]
        for chunk in in_chunks(keys, IMAGES_PER_QUERY):
            Group.objects.filter(pk__in=chunk, cluster=into).update(cluster=was)


def _follow(galaxy: Galaxy, into: int, moved: Mapping[int, int]) -> None:
    """In builds that were made after the merge, give each group to the cluster from which most of its images had come."""
    told = galaxy.builds.filter(complete=True, groups__in=list(moved)).order_by("-number").first()
    if told is None:
        return
    for build in galaxy.builds.filter(complete=True, number__gt=told.number):
        for group in build.groups.filter(cluster=into):
            cluster = _most_came_from(told, group, into, moved)
            Group.objects.filter(pk=group.pk).update(cluster=cluster)


def _most_came_from(told: Build, group: Group, into: int, moved: Mapping[int, int]) -> int:
    before = Position.objects.filter(build=told, image__in=group.positions.values("image"), group__cluster=into)
    votes: dict[int, int] = {}
    for pk, n in before.order_by().values_list("group").annotate(n=Count("pk")):
        cluster = moved.get(pk, into)
        votes[cluster] = votes.get(cluster, 0) + n
    return max(votes, key=lambda cluster: (votes[cluster], cluster == into), default=into)


def _undo_split(galaxy: Galaxy, details: Mapping[str, Any]) -> None:
    """Give groups that found the new clusters to the one that they were part of; a new cluster to which nothing belongs goes."""
    parent = galaxy.clusters.filter(pk=details["parent"]).first()
    for made in galaxy.clusters.filter(pk__in=details["made"]):
        if parent is not None:
            made.groups.update(cluster=parent)
        if not made.groups.exists() and not made.pins.exists():
            made.delete()
