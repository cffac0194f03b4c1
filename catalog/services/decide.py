"""What people decide about labels: accept, reject, add; grouped into changes that can be undone whole."""

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from catalog.models import Change, Collection, Decision, Image, Label
from catalog.services.chunks import in_chunks
from catalog.services.errors import ServiceError
from catalog.services.labels import recompute_effective_labels

__all__ = ["decide_labels", "undo_change"]

CHUNK = 1000


def decide_labels(
    collection: Collection, *, by: User, verdicts: Iterable[tuple[int, int, str]], reason: str = ""
) -> Change:
    """Record a person's verdicts as one change, and let them hold.

    Parameters
    ----------
    verdicts
        (image id, label id, "accept" | "reject" | "add"), all of this collection.

    Raises
    ------
    ServiceError
        When an image or a label is of another collection, or a verdict is unknown. Nothing is recorded then.
    """
    with transaction.atomic():
        change = Change.objects.create(collection=collection, made_by=by, reason=reason)
        for chunk in in_chunks(verdicts, CHUNK):
            _check(collection, chunk)
            Decision.objects.bulk_create(
                [Decision(change=change, image_id=i, label_id=label, verdict=verdict) for i, label, verdict in chunk]
            )
            recompute_effective_labels(collection, list({i for i, _label, _verdict in chunk}))
    return change


def undo_change(change: Change, *, by: User) -> None:
    """Take a whole change back; what held before it holds again. Undoing it twice does nothing more."""
    with transaction.atomic():
        undone = Change.objects.filter(pk=change.pk, undone_at__isnull=True).update(
            undone_at=timezone.now(), undone_by=by
        )
        if undone:
            images = Decision.objects.filter(change=change).values_list("image_id", flat=True).distinct()
            recompute_effective_labels(change.collection, list(images.order_by("image_id")))


def _check(collection: Collection, chunk: list[tuple[int, int, str]]) -> None:
    """Everything named must belong to the collection: a role in one library is no key to another."""
    image_ids = {image_id for image_id, _label, _verdict in chunk}
    label_ids = {label_id for _image, label_id, _verdict in chunk}
    strangers = image_ids - set(
        Image.objects.filter(collection=collection, pk__in=image_ids).values_list("pk", flat=True)
    )
    if strangers:
        raise ServiceError(f"Expected images of {collection.slug}, got {len(strangers)} of another collection.")
    if label_ids - set(Label.objects.filter(collection=collection, pk__in=label_ids).values_list("pk", flat=True)):
        raise ServiceError(f"Expected labels of {collection.slug}, got some of another collection.")
    unknown = {verdict for _image, _label, verdict in chunk} - set(Decision.Verdict.values)
    if unknown:
        raise ServiceError(f"Expected accept, reject or add, got {', '.join(sorted(unknown))}.")
