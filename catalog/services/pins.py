"""Pins: a person's "this image belongs to that cluster". Written in chunks, and read together with what builds say."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import Build, Cluster, Galaxy, Pin, Position
from catalog.services.chunks import IMAGES_PER_QUERY, in_chunks

__all__ = ["PinMove", "move_pins", "places_of_cluster", "put_pins"]

PinMove = list[Any]
"""[cluster before or None, cluster after or None, ids of the images]: as a change keeps it, in JSON."""


def places_of_cluster(cluster: Cluster, build: Build) -> QuerySet[Position]:
    """Where a build put the images that belong to the cluster, pins applied."""
    here = Pin.objects.filter(cluster=cluster).values("image")
    elsewhere = Pin.objects.filter(galaxy=cluster.galaxy_id).exclude(cluster=cluster).values("image")
    return Position.objects.filter(Q(group__cluster=cluster) & ~Q(image__in=elsewhere) | Q(image__in=here), build=build)


def move_pins(galaxy: Galaxy, image_ids: Sequence[int], goal: Cluster | None) -> list[PinMove]:
    """Pin images to a cluster, or to none, and answer with what was moved; within the caller's transaction."""
    before: dict[int, int] = {}
    for chunk in in_chunks(image_ids, IMAGES_PER_QUERY):
        before |= dict(Pin.objects.filter(galaxy=galaxy, image__in=chunk).values_list("image_id", "cluster_id"))
    key = None if goal is None else goal.pk
    moved: dict[int | None, list[int]] = {}
    for pk in image_ids:
        if before.get(pk) != key:
            moved.setdefault(before.get(pk), []).append(pk)
    for was, images in moved.items():
        put_pins(galaxy, images, was, key)
    return [[was, key, images] for was, images in moved.items()]


def put_pins(galaxy: Galaxy, image_ids: Sequence[int], was: int | None, goal: int | None) -> None:
    """Move the images' pins from one cluster to another, None being no pin; an image that is pinned otherwise by now stays so."""
    for chunk in in_chunks(image_ids, IMAGES_PER_QUERY):
        pins = Pin.objects.filter(galaxy=galaxy, image__in=chunk, cluster=was)
        if goal is None:
            pins.delete()
        elif was is None:
            new = [Pin(galaxy=galaxy, cluster_id=goal, image_id=pk) for pk in chunk]
            Pin.objects.bulk_create(new, ignore_conflicts=True)
        else:
            pins.update(cluster=goal)
