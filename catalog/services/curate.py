"""Plain words of a curator about images, taken at once."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Collection, Image
from catalog.services.chunks import in_chunks
from catalog.services.clock import bury_images, next_change_number
from catalog.signals import image_withdrawn

__all__ = ["delete_images", "hide_images"]

CHUNK = 500


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
