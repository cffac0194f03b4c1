"""Plain words of a curator about images, taken at once."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Collection, Image
from catalog.signals import image_withdrawn

__all__ = ["delete_images", "hide_images"]


def hide_images(images: QuerySet[Image], *, hidden: bool, by: User | None = None, reason: str = "") -> int:
    """Hide images (no new build has them, nobody without a role sees them) or show them again; says how many changed.

    Hiding announces `image_withdrawn`, so that they leave what is published, too; shown again, they come with the next publication.
    """
    with transaction.atomic():
        changed = images.exclude(hidden=hidden)
        if hidden:
            _announce(changed, by, reason)
        return changed.update(hidden=hidden, updated_at=timezone.now())


def delete_images(images: QuerySet[Image], *, by: User | None = None, reason: str = "") -> int:
    """Delete images with all that is known of them, and announce `image_withdrawn`; says how many went."""
    with transaction.atomic():
        n_images = images.count()
        _announce(images, by, reason)
        images.delete()
    return n_images


def _announce(images: QuerySet[Image], by: User | None, reason: str) -> None:
    """Tell of the images, as they are now, within the transaction that hides or deletes them."""
    uuids: dict[int, list[UUID]] = {}
    for collection_id, uuid in images.order_by().values_list("collection_id", "uuid"):
        uuids.setdefault(collection_id, []).append(uuid)
    for collection in Collection.objects.filter(pk__in=uuids):
        image_withdrawn.send(Image, collection=collection, uuids=uuids[collection.pk], by=by, reason=reason)
