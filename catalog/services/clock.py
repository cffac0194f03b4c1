"""The clock of a collection: what changed in which order, for whoever keeps a copy of it or looks only at what is new.

A number is taken at the beginning of a transaction that writes, and its row stays locked until the commit. So numbers become visible in
their order: who has seen all up to n never misses a smaller one, however many write at once.

Take it in the first statement of the transaction: clock first, rows second is the order in which everybody locks, and nobody waits in a
circle (several collections: by ascending id). Others wait meanwhile, so such a transaction stays under a second.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from catalog.models import CollectionClock, Image, Occurrence, Tombstone

__all__ = ["bury_images", "mark_images", "next_change_number", "read_change_number"]

CHUNK = 500


def next_change_number(collection_id: int) -> int:
    """The number of the change that this transaction makes; called again in it, a greater one.

    Raises TransactionManagementError outside of a transaction: the number would be visible before what it counts.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A change number is taken within transaction.atomic().")
    clocks = CollectionClock.objects.filter(pk=collection_id)
    if not clocks.update(number=F("number") + 1):
        CollectionClock.objects.bulk_create([CollectionClock(pk=collection_id)], ignore_conflicts=True)
        clocks.update(number=F("number") + 1)
    return clocks.values_list("number", flat=True).get()


def read_change_number(collection_id: int) -> int:
    """The number of the last change that is visible now; read before what it is to stand for. 0: none yet."""
    return CollectionClock.objects.filter(pk=collection_id).values_list("number", flat=True).first() or 0


def mark_images(collection_id: int, image_ids: Iterable[int], number: int, *, labels: bool = False) -> None:
    """Note that these images of a collection changed with this number; with `labels`, that only what holds of their labels did."""
    ids = list(image_ids)
    values: dict[str, Any] = {"change_number": number}
    values |= {"label_change_number": number} if labels else {"updated_at": timezone.now()}
    for start in range(0, len(ids), CHUNK):
        Image.objects.filter(collection=collection_id, pk__in=ids[start : start + CHUNK]).update(**values)


def bury_images(images: Sequence[Image], number: int) -> None:
    """Leave a tombstone for each of these images of one collection, with its external ids; call it before they are deleted."""
    external_ids: dict[int, list[str]] = {}
    for start in range(0, len(images), CHUNK):
        named = Occurrence.objects.filter(image__in=images[start : start + CHUNK]).exclude(external_id="")
        for image_id, external_id in named.order_by("pk").values_list("image_id", "external_id"):
            external_ids.setdefault(image_id, []).append(external_id)
    Tombstone.objects.bulk_create(
        [
            Tombstone(
                collection_id=image.collection_id,
                uuid=image.uuid,
                external_ids=external_ids.get(image.pk, []),
                change_number=number,
            )
            for image in images
        ],
        batch_size=CHUNK,
    )
