"""Plain words of a curator about clusters and images, taken at once."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from catalog.models import Cluster, Collection, Group, Image, Pin
from catalog.services.chunks import in_chunks
from catalog.services.clock import bury_images, next_change_number
from catalog.services.errors import ServiceError
from catalog.signals import image_withdrawn

__all__ = ["delete_images", "hide_images", "merge_clusters", "rename_cluster"]

MAX_NAME_LENGTH = 200
CHUNK = 500


def rename_cluster(cluster: Cluster, *, name: str) -> None:
    """Give a cluster the curator's name, which no later build computes over.

    Raises ServiceError when the name is empty, longer than 200 characters, or another cluster of the galaxy has it.
    """
    name = " ".join(name.split())
    if not name:
        raise ServiceError("Expected a name for the cluster, got an empty one. Write at least one letter.")
    if len(name) > MAX_NAME_LENGTH:
        raise ServiceError(
            f"Expected a name of at most {MAX_NAME_LENGTH} characters, got {len(name)}. Move the rest to the description."
        )
    try:
        with transaction.atomic():
            Cluster.objects.filter(pk=cluster.pk).update(name=name, name_source=Cluster.NameSource.CURATOR)
    except IntegrityError as error:
        raise ServiceError(
            f"Expected a name that no other cluster of {cluster.galaxy} has, got {name!r}. "
            "Rename the other one first, or choose another name."
        ) from error
    cluster.name = name
    cluster.name_source = Cluster.NameSource.CURATOR


def merge_clusters(into: Cluster, others: Iterable[Cluster]) -> int:
    """Let one cluster take the groups and pins of others, which lie dormant from then on; says how many images of the newest build came.

    The groups of all kept builds move, so that later builds find the images in the one cluster, and do not wake the others
    where a group is theirs alone again. Visitors see it after the next publication.

    Raises ServiceError when there is nothing to merge, when clusters are of another galaxy, or when some are hidden and some are
    not: merging must not show what somebody hid.
    """
    others = [cluster for cluster in others if cluster.pk != into.pk]
    if not others:
        raise ServiceError("Expected at least two clusters to merge, got one. Select another one, too.")
    if strangers := [cluster.name for cluster in others if cluster.galaxy_id != into.galaxy_id]:
        raise ServiceError(
            f"Expected clusters of {into.galaxy}, got some of another galaxy: {', '.join(strangers)}. "
            "Select clusters of one galaxy only."
        )
    if unlike := [cluster.name for cluster in others if cluster.hidden != into.hidden]:
        raise ServiceError(
            f"Expected clusters that are all {'hidden' if into.hidden else 'shown'} like {into.name}, "
            f"got others: {', '.join(unlike)}. Hide all of them or none first."
        )
    with transaction.atomic():
        newest = into.galaxy.builds.filter(complete=True).order_by("-number").first()
        moved = Group.objects.filter(cluster__in=others)
        n_images = moved.filter(build=newest).aggregate(n=Sum("n_images", default=0))["n"]
        moved.update(cluster=into)
        Pin.objects.filter(cluster__in=others).update(cluster=into)
    return int(n_images)


def hide_images(images: QuerySet[Image], *, hidden: bool, by: User | None = None, reason: str = "") -> int:
    """Hide images (no new build has them, nobody without a role sees them) or show them again; says how many changed.

    Hiding announces `image_withdrawn`, so that they leave what is published, too; shown again, they come with the next publication.
    """
    n_images = 0
    for collection_id, ids in _chunks_by_collection(images.exclude(hidden=hidden)):
        with transaction.atomic():
            number = next_change_number(collection_id)
            changed = Image.objects.filter(pk__in=ids).exclude(hidden=hidden)
            if hidden:
                _announce(changed, by, reason)
            n_images += changed.update(hidden=hidden, change_number=number, updated_at=timezone.now())
    return n_images


def delete_images(images: QuerySet[Image], *, by: User | None = None, reason: str = "") -> int:
    """Delete images with all that is known of them, and announce `image_withdrawn`; says how many went. A tombstone stays of each."""
    n_images = 0
    for collection_id, ids in _chunks_by_collection(images):
        with transaction.atomic():
            number = next_change_number(collection_id)
            doomed = Image.objects.filter(pk__in=ids)
            _announce(doomed, by, reason)
            rows = list(doomed.only("uuid", "collection"))
            bury_images(rows, number)
            doomed.delete()
        n_images += len(rows)
    return n_images


def _chunks_by_collection(images: QuerySet[Image]) -> Iterator[tuple[int, list[int]]]:
    """Collection id and image ids, so many that a transaction over them is short; collections in the order in which clocks are taken."""
    keys = images.order_by("collection_id", "pk").values_list("collection_id", "pk").distinct()
    for collection_id, rows in groupby(list(keys), key=itemgetter(0)):
        for chunk in in_chunks((pk for _collection, pk in rows), CHUNK):
            yield collection_id, chunk


def _announce(images: QuerySet[Image], by: User | None, reason: str) -> None:
    """Tell of the images, as they are now, within the transaction that hides or deletes them."""
    uuids: dict[int, list[UUID]] = {}
    for collection_id, uuid in images.order_by().values_list("collection_id", "uuid"):
        uuids.setdefault(collection_id, []).append(uuid)
    for collection in Collection.objects.filter(pk__in=uuids):
        image_withdrawn.send(Image, collection=collection, uuids=uuids[collection.pk], by=by, reason=reason)
