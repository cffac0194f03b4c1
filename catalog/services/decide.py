"""What people decide: labels accepted, rejected, added, images hidden and shown; each deed a change that can be undone whole."""

from collections.abc import Iterable, Sequence
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from catalog.models import Change, ChangedImage, Collection, Decision, Image, Job, Label
from catalog.search.selection import Selection, select_images
from catalog.services.changes import (
    MAX_AT_ONCE,
    CountChangedError,
    Deed,
    apply_change,
    register_deed,
    start_change,
    start_undo,
    undo_change,
)
from catalog.services.clock import next_change_number
from catalog.services.curate import hide_images
from catalog.services.errors import ServiceError
from catalog.services.labels import LabelScore, alias_targets, find_or_make_labels, recompute_effective_labels
from catalog.terms import MAX_TERM_LENGTH, fold_term

__all__ = [
    "CountChangedError",
    "apply_change",
    "decide_labels",
    "find_chosen",
    "start_decisions",
    "start_hiding",
    "start_undo",
    "undo_change",
]

MAX_VERDICTS = 20  # labels that one change decides about


def decide_labels(
    collection: Collection, *, by: User, verdicts: Iterable[tuple[int, int, str]], reason: str = ""
) -> Change:
    """Record a person's verdicts, of each image its own, as one change, and let them hold.

    Parameters
    ----------
    verdicts
        (image id, label id, "accept" | "reject" | "add"), all of this collection, about at most 1,000 images.

    Raises
    ------
    ServiceError
        When an image or a label is of another collection, a verdict is unknown, or there are too many. Nothing is recorded then.
    """
    rows = list(verdicts)
    ids = sorted({image_id for image_id, _label, _verdict in rows})
    if len(ids) > MAX_AT_ONCE:
        raise ServiceError(
            f"Expected verdicts about at most {MAX_AT_ONCE:,} images, got {len(ids):,}. Decide about some of them at a time."
        )
    with transaction.atomic():
        next_change_number(collection.pk)
        _check(collection, rows)
        change = Change.objects.create(
            collection=collection, kind=Change.Kind.DECIDE, made_by=by, reason=reason, n_images=len(ids)
        )
        ChangedImage.objects.bulk_create(ChangedImage(change=change, image_id=pk) for pk in ids)
        Decision.objects.bulk_create(
            Decision(change=change, image_id=i, label_id=label, verdict=verdict) for i, label, verdict in rows
        )
        recompute_effective_labels(collection, ids)
    return change


def start_decisions(
    collection: Collection,
    *,
    selection: Selection,
    verdicts: Sequence[tuple[str, str]],
    by: User,
    reason: str = "",
    expected_n: int | None = None,
) -> tuple[Change, Job | None]:
    """Decide about labels of all images that match a filter: at once, or as a job where they are more than 1,000.

    Parameters
    ----------
    selection
        Which images, as they match now: those that come to match later are not meant.
    verdicts
        (term, "accept" | "reject" | "add"), each term once. Only what is added may be a term that the collection does not know; of what
        was renamed or merged the label that it stands for is meant.
    expected_n
        How many images the person was told of.

    Raises
    ------
    CountChangedError
        When another number matches by now.
    ServiceError
        When nothing matches, or a term or a verdict cannot be.
    """
    images = find_chosen(collection, selection)
    with transaction.atomic():
        next_change_number(collection.pk)
        decided = _find_labels(collection, verdicts)
        change, job = start_change(
            collection,
            kind=Change.Kind.DECIDE,
            images=images,
            by=by,
            reason=reason,
            details={"verdicts": decided},
            selection=_remember(selection),
            expected_n=expected_n,
            begin=_require_images,
        )
    return change, job


def start_hiding(
    collection: Collection,
    *,
    selection: Selection,
    hidden: bool,
    by: User,
    reason: str = "",
    expected_n: int | None = None,
) -> tuple[Change, Job | None]:
    """Hide all images that match a filter, or show them again: at once, or as a job where they are more than 1,000.

    Those that are so already are no part of the change, so that undoing it does not show what somebody else had hidden.
    `expected_n` counts those only that change. Raises as `start_decisions` does.
    """
    return start_change(
        collection,
        kind=Change.Kind.HIDE if hidden else Change.Kind.SHOW,
        images=find_chosen(collection, selection).exclude(hidden=hidden),
        by=by,
        reason=reason,
        selection=_remember(selection),
        expected_n=expected_n,
        begin=_require_images,
    )


def find_chosen(collection: Collection, selection: Selection) -> QuerySet[Image]:
    """The images of a collection that match a filter. Raises ServiceError when the filter is one of another collection."""
    if selection.collection != collection.pk:
        raise ServiceError(f"Expected a filter of {collection.slug}, got one of another collection.")
    return select_images(selection, Image.objects.filter(collection=collection))


def _require_images(change: Change) -> None:
    if not change.n_images:
        raise ServiceError("Expected at least one image to change, but none matches. Choose others.")


def _remember(selection: Selection) -> dict[str, object]:
    """The filter as it was asked. The change knows its collection, and which images were named one by one."""
    return {name: value for name, value in selection.as_json().items() if name not in {"collection", "uuids"}}


def _find_labels(collection: Collection, verdicts: Sequence[tuple[str, str]]) -> list[tuple[int, str, str]]:
    """(label id, verdict, term) for each term. Raises ServiceError when one is unknown, said twice, or empty."""
    if not 1 <= len(verdicts) <= MAX_VERDICTS:
        raise ServiceError(f"Expected verdicts about 1 to {MAX_VERDICTS} labels, got {len(verdicts)}.")
    _check_verdicts(verdict for _term, verdict in verdicts)
    for term, _verdict in verdicts:
        if not fold_term(term) or len(" ".join(term.split())) > MAX_TERM_LENGTH:
            raise ServiceError(f"Expected a term of 1 to {MAX_TERM_LENGTH} characters, got {term[:40]!r}.")
    added = [LabelScore(term, 1.0) for term, verdict in verdicts if verdict == Decision.Verdict.ADD]
    known = find_or_make_labels(collection, added)
    known |= {
        label.key: label
        for label in Label.objects.filter(collection=collection, key__in=[fold_term(term) for term, _ in verdicts])
    }
    if unknown := [term for term, _verdict in verdicts if fold_term(term) not in known]:
        raise ServiceError(
            f"There is no label {unknown[0]!r} in {collection.slug}, so it can be neither accepted nor rejected. Write it as it is "
            "listed, or add it."
        )
    targets = alias_targets(collection)
    final = Label.objects.in_bulk({targets.get(label.pk, label.pk) for label in known.values()})
    found = [(known[fold_term(term)].pk, verdict) for term, verdict in verdicts]
    decided = [(final[targets.get(pk, pk)], verdict) for pk, verdict in found]
    if len({label.pk for label, _verdict in decided}) < len(decided):
        raise ServiceError("Expected each label once, got one of them twice. Say of each label one thing.")
    return [(label.pk, verdict, label.term) for label, verdict in decided]


def _check(collection: Collection, rows: list[tuple[int, int, str]]) -> None:
    """Everything named must belong to the collection: a role in one library is no key to another."""
    image_ids = {image_id for image_id, _label, _verdict in rows}
    label_ids = {label_id for _image, label_id, _verdict in rows}
    images = Image.objects.filter(collection=collection, pk__in=image_ids)
    if strangers := image_ids - set(images.values_list("pk", flat=True)):
        raise ServiceError(f"Expected images of {collection.slug}, got {len(strangers)} of another collection.")
    if label_ids - set(Label.objects.filter(collection=collection, pk__in=label_ids).values_list("pk", flat=True)):
        raise ServiceError(f"Expected labels of {collection.slug}, got some of another collection.")
    _check_verdicts(verdict for _image, _label, verdict in rows)


def _check_verdicts(verdicts: Iterable[str]) -> None:
    if unknown := set(verdicts) - set(Decision.Verdict.values):
        raise ServiceError(f"Expected accept, reject or add, got {', '.join(sorted(unknown))}.")


def _decide(change: Change, image_ids: list[int]) -> None:
    rows = (
        Decision(change=change, image_id=image_id, label_id=label_id, verdict=verdict)
        for image_id in image_ids
        for label_id, verdict, _term in change.details["verdicts"]
    )
    Decision.objects.bulk_create(rows, batch_size=CHUNK)
    recompute_effective_labels(change.collection, image_ids)


def _take_back(change: Change, image_ids: list[int]) -> None:
    """The change counts as undone, so deriving anew is all there is to do."""
    recompute_effective_labels(change.collection, image_ids)


def _set_hidden(change: Change, image_ids: list[int], *, hidden: bool) -> None:
    images = Image.objects.filter(pk__in=image_ids)
    # Somebody else was first: then it is theirs to undo.
    ChangedImage.objects.filter(change=change, image__in=images.filter(hidden=hidden)).delete()
    hide_images(images, hidden=hidden, by=change.made_by, reason=change.reason)


def _undo_hidden(change: Change, image_ids: list[int], *, hidden: bool) -> None:
    """Show again what was hidden, or hide what was shown, unless somebody said so again later."""
    kinds = [Change.Kind.HIDE, Change.Kind.SHOW]
    later = Change.objects.filter(pk__gt=change.pk, kind__in=kinds, undone_at__isnull=True)
    images = Image.objects.filter(pk__in=image_ids)
    images = images.exclude(pk__in=ChangedImage.objects.filter(change__in=later, image__in=image_ids).values("image"))
    hide_images(images, hidden=hidden, by=change.undone_by, reason=f"Undone: {change.reason}".strip(": "))


CHUNK = 1000
register_deed(Change.Kind.DECIDE, Deed(apply=_decide, undo=_take_back))
register_deed(Change.Kind.HIDE, Deed(apply=partial(_set_hidden, hidden=True), undo=partial(_undo_hidden, hidden=False)))
register_deed(Change.Kind.SHOW, Deed(apply=partial(_set_hidden, hidden=False), undo=partial(_undo_hidden, hidden=True)))
