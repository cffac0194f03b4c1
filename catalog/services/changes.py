"""Changes: what a person does to many images at once, frozen at its start, carried out in short transactions, undone as a whole.

Whom a change is about is written down first, by one statement: a decision must not take an image out of the very filter that chose it.
Then the images are worked through in chunks; killed anywhere, it goes on where it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet, Value
from django.utils import timezone

from catalog.models import Change, ChangedImage, Collection, Galaxy, Image, Job
from catalog.services.clock import next_change_number
from catalog.services.cluster_undo import undo_cluster_change
from catalog.services.errors import ServiceError
from catalog.services.jobs import start_job
from catalog.services.progress import Progress, ignore_progress

__all__ = [
    "CountChangedError",
    "Deed",
    "apply_change",
    "freeze_images",
    "register_deed",
    "start_change",
    "start_undo",
    "undo_change",
]

CHUNK = 500  # images a transaction: well under a second, so that nobody waits for SQLite's one lock
MAX_AT_ONCE = 1000  # images that are done before the asker gets an answer; more are a job
MAX_SHORT = 5000  # images that somebody waits for; more may not hold up the short queue

APPLY_CHANGE = "apply_change"
UNDO_CHANGE = "undo_change"


class CountChangedError(ServiceError):
    """Other images match than the asker was told of."""

    code = "count_changed"


def _nothing(change: Change) -> None:
    """Nothing has to be done before the images are."""


@dataclass(frozen=True)
class Deed:
    """What one kind of change does. Everything runs within a transaction that holds the collection's clock."""

    apply: Callable[[Change, list[int]], None]
    """To these images, at most 500, by ascending id."""
    undo: Callable[[Change, list[int]], None]
    """Takes it back from these images."""
    begin_undo: Callable[[Change], None] = _nothing
    """Takes back what is no image's, and may freeze more images that it concerns by now. A ServiceError refuses the undoing."""


_deeds: dict[str, Deed] = {}


def register_deed(kind: str, deed: Deed) -> None:
    """Say how changes of a kind are made and undone; called where the kind's service is defined."""
    _deeds[kind] = deed


def start_change(
    collection: Collection,
    *,
    kind: str,
    images: QuerySet[Image],
    by: User | None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    selection: Mapping[str, Any] | None = None,
    galaxy: Galaxy | None = None,
    expected_n: int | None = None,
    begin: Callable[[Change], None] = _nothing,
) -> tuple[Change, Job | None]:
    """Write down a change and whom it is about, and carry it out: at once, or as a job where it is about more than 1,000 images.

    Parameters
    ----------
    images
        Of this collection; frozen as they are found now.
    details
        What applying and undoing need to know.
    expected_n
        How many images the asker was told of; another number changes nothing.
    begin
        What is no image's, done in the same transaction, after the images were frozen.

    Raises
    ------
    CountChangedError
        When another number of images is found than expected.
    """
    with transaction.atomic():
        next_change_number(collection.pk)
        change = Change.objects.create(
            collection=collection,
            kind=kind,
            made_by=by,
            reason=reason,
            details=dict(details or {}),
            selection=dict(selection or {}),
            galaxy=galaxy,
            complete=False,
        )
        n_images = freeze_images(change, images)
        if expected_n is not None and n_images != expected_n:
            raise CountChangedError(
                f"Expected {expected_n:,} images, as was shown, but {n_images:,} match by now. Nothing was changed: look again, and "
                "decide once more."
            )
        begin(change)
        return change, _carry_out(change, APPLY_CHANGE, by)


def freeze_images(change: Change, images: QuerySet[Image]) -> int:
    """Add images to those that a change is about, by one statement; says how many it is about now."""
    new = images.exclude(pk__in=ChangedImage.objects.filter(change=change).values("image")).order_by()
    sql, params = new.annotate(by_change=Value(change.pk)).values_list("by_change", "pk").query.sql_with_params()
    table = connection.ops.quote_name(ChangedImage._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (change_id, image_id) {sql}", params)
    change.n_images = ChangedImage.objects.filter(change=change).count()
    change.save(update_fields=["n_images"])
    return change.n_images


def apply_change(change: Change, *, progress: Progress = ignore_progress) -> None:
    """Carry out what is left to do of a change; one that is complete or undone is left as it is."""
    _work_through(change, progress, undoing=False)


def start_undo(change: Change, *, by: User) -> Job | None:
    """Take a whole change back: at once, or as a job where it is about more than 1,000 images. Undoing twice does nothing more.

    What held before it holds again, and what was decided later stays.

    Raises
    ------
    ServiceError
        When something later stands on it, which has to be undone first.
    """
    if change.kind in {Change.Kind.PIN, Change.Kind.CLUSTERS}:
        undo_cluster_change(change, by=by)
        change.refresh_from_db()
        return None
    with transaction.atomic():
        _begin_undo(change, by)
        return None if change.complete else _carry_out(change, UNDO_CHANGE, by)


def undo_change(change: Change, *, by: User | None, progress: Progress = ignore_progress) -> None:
    """Take a whole change of labels or images back and wait for it: what the job does. Raises ServiceError as `start_undo` does."""
    with transaction.atomic():
        _begin_undo(change, by)
    _work_through(change, progress, undoing=True)


def _begin_undo(change: Change, by: User | None) -> None:
    """Let the change count as undone, so that from now on nothing derived reads it; its images follow."""
    next_change_number(change.collection_id)
    change.refresh_from_db()
    if change.undone_at is None:
        change.undone_at, change.undone_by, change.complete, change.last_image = timezone.now(), by, False, 0
        change.save(update_fields=["undone_at", "undone_by", "complete", "last_image"])
        _deeds[change.kind].begin_undo(change)


def _carry_out(change: Change, job_kind: str, by: User | None) -> Job | None:
    """Work through a change now where it is small, within the caller's transaction; else by a job."""
    if change.n_images <= MAX_AT_ONCE:
        _work_through(change, ignore_progress, undoing=job_kind == UNDO_CHANGE)
        return None
    queue = "short" if change.n_images <= MAX_SHORT else "long"
    return start_job(job_kind, {"change": str(change.uuid)}, by=by, collection=change.collection, queue=queue)


def _work_through(change: Change, progress: Progress, *, undoing: bool) -> None:
    done = change.changed_images.filter(image__lte=change.last_image).count()
    while not change.complete:
        progress("Images", done, change.n_images)
        with transaction.atomic():
            done += _work_chunk(change, undoing=undoing)
    progress("Images", done, done)


def _work_chunk(change: Change, *, undoing: bool) -> int:
    """Do the next chunk of a change, and write down how far it came; says how many images that were."""
    next_change_number(change.collection_id)
    # Whoever holds the clock is alone with the change: another worker, or somebody who undoes it, has been before or comes after.
    change.refresh_from_db()
    if change.complete or undoing != (change.undone_at is not None):
        change.complete = True
        return 0
    ids = list(
        ChangedImage.objects.filter(change=change, image_id__gt=change.last_image)
        .order_by("image_id")
        .values_list("image_id", flat=True)[:CHUNK]
    )
    deed = _deeds[change.kind]
    if ids:
        (deed.undo if undoing else deed.apply)(change, ids)
        change.last_image = ids[-1]
    change.complete = len(ids) < CHUNK
    change.save(update_fields=["last_image", "complete"])
    return len(ids)
