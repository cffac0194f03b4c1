"""What a person says of one image: its title, who made it, when and where, and whether it is hidden."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from catalog.models import Image
from catalog.services.clock import mark_images, next_change_number
from catalog.services.curate import delete_images, hide_images
from catalog.services.errors import ServiceError
from catalog.services.search_words import index_words

__all__ = ["EDITABLE", "StaleError", "delete_image", "edit_image"]

EDITABLE = ("title", "description", "creator", "credit", "licence", "source_url", "taken_at", "place", "hidden")


class StaleError(ServiceError):
    """Somebody else changed the image since it was read."""

    code = "precondition_failed"


def edit_image(
    image: Image, values: Mapping[str, Any], *, by: User | None, expected_number: int | None = None
) -> Image:
    """Write what changed of an image, so that sync and search know; hiding takes it out of what is published.

    Parameters
    ----------
    values
        Fields of `EDITABLE`, valid.
    expected_number
        The image's change number as it was read. Where it has another by now, nothing is written; None: the last one wins.

    Raises
    ------
    StaleError
    """
    with transaction.atomic():
        number = next_change_number(image.collection_id)
        row = _locked(image, expected_number)
        changed = {name: values[name] for name in EDITABLE if name in values and values[name] != getattr(row, name)}
        hidden = changed.pop("hidden", None)
        if changed:
            Image.objects.filter(pk=row.pk).update(**changed)
            mark_images(row.collection_id, [row.pk], number)
            index_words([row.pk])
        if hidden is not None:
            hide_images(Image.objects.filter(pk=row.pk), hidden=hidden, by=by)
    image.refresh_from_db(fields=[*EDITABLE, "change_number", "updated_at"])
    return image


def delete_image(image: Image, *, by: User | None, expected_number: int | None = None) -> None:
    """Delete an image with all that is known of it; a tombstone tells those who keep a copy. Raises StaleError as `edit_image` does."""
    with transaction.atomic():
        next_change_number(image.collection_id)
        row = _locked(image, expected_number)
        delete_images(Image.objects.filter(pk=row.pk), by=by)


def _locked(image: Image, expected_number: int | None) -> Image:
    """The image as it is now; nobody else changes it before the transaction ends, for the clock is held."""
    row = Image.objects.get(pk=image.pk)
    if expected_number is not None and row.change_number != expected_number:
        raise StaleError(
            f"Expected the image as of change {expected_number}, but it has been changed since, by change {row.change_number}. "
            "Read it again, and decide anew."
        )
    return row
