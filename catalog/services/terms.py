"""What a collection calls things: labels renamed and merged, which later annotations obey, and which can be undone."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import Change, Collection, Decision, Image, Job, Label, MachineLabel
from catalog.services.changes import Deed, freeze_images, register_deed, start_change
from catalog.services.clock import mark_images, next_change_number
from catalog.services.errors import ServiceError
from catalog.services.labels import alias_targets, recompute_effective_labels
from catalog.terms import MAX_TERM_LENGTH, fold_term

__all__ = ["find_label", "merge_labels", "rename_label"]

MAX_MERGED = 100


def find_label(collection: Collection, term: str) -> Label:
    """The collection's label of this term, however it is spelled. Raises ServiceError when there is none."""
    label = Label.objects.filter(collection=collection, key=fold_term(term)).first()
    if label is None:
        raise ServiceError(f"There is no label {term[:40]!r} in {collection.slug}. Write it as it is listed.")
    return label


def rename_label(label: Label, *, term: str, by: User, reason: str = "") -> Change:
    """Call a label something else; whoever says the old term later, be it a machine or a person, means this label.

    The images that carry it count as changed, for another word is another place on the map: many of them are marked by a job.

    Raises
    ------
    ServiceError
        When the term is empty or too long, is what the label is called already, or another label has it.
    """
    term = " ".join(term.split())
    key = fold_term(term)
    if not key or len(term) > MAX_TERM_LENGTH:
        raise ServiceError(f"Expected a term of 1 to {MAX_TERM_LENGTH} characters, got {term[:40]!r}.")
    with transaction.atomic():
        next_change_number(label.collection_id)
        label.refresh_from_db()
        if label.alias_of is not None:
            raise ServiceError(
                f"{label.term} was renamed or merged into {label.alias_of.term}. Rename that one, or undo the change first."
            )
        if term == label.term:
            raise ServiceError(f"Expected another term than {term}, which it is called already.")
        taken = Label.objects.filter(collection=label.collection, key=key).exclude(pk=label.pk).first()
        if taken is not None and taken.alias_of_id != label.pk:
            raise ServiceError(
                f"Expected a term that no other label has, got {term}, which is a label of its own. Merge {label.term} into it instead."
            )
        change, _job = start_change(
            label.collection,
            kind=Change.Kind.RENAME,
            images=_carriers(label),
            by=by,
            reason=reason,
            details={"label": label.pk, "before": label.term, "after": term},
            begin=lambda change: _rename(change, label, term),
        )
    return change


def merge_labels(into: Label, others: Sequence[Label], *, by: User, reason: str = "") -> tuple[Change, Job | None]:
    """Let labels count as another one, wherever they were said and will be said; a job where more than 1,000 images have them.

    Raises
    ------
    ServiceError
        When there is nothing to merge, labels are of several collections, or one of them already stands for another one, so that
        they would stand for each other.
    """
    others = [label for label in others if label.pk != into.pk]
    if not 1 <= len(others) <= MAX_MERGED:
        raise ServiceError(f"Expected 1 to {MAX_MERGED} other labels to merge into {into.term}, got {len(others)}.")
    if any(label.collection_id != into.collection_id for label in others):
        raise ServiceError("Expected labels of one collection, got some of another one.")
    ids = sorted({label.pk for label in others})
    with transaction.atomic():
        next_change_number(into.collection_id)
        labels = Label.objects.filter(pk__in=[into.pk, *ids])
        for label in labels.filter(alias_of__isnull=False).select_related("alias_of"):
            raise ServiceError(
                f"{label.term} counts as {label.alias_of} already. Merge {label.alias_of} instead, or undo that first."
            )
        change, job = start_change(
            into.collection,
            kind=Change.Kind.MERGE,
            images=_images_that_say(into.collection, ids),
            by=by,
            reason=reason,
            details={"into": into.pk, "labels": ids, "before": sorted(o.term for o in others), "after": into.term},
            begin=lambda _change: _set_alias(ids, into),
        )
    return change, job


def _carriers(label: Label) -> QuerySet[Image]:
    """Images that effectively have the label."""
    return Image.objects.filter(collection=label.collection, effective_labels__label=label)


def _images_that_say(collection: Collection, label_ids: list[int]) -> QuerySet[Image]:
    """Images of which a machine, a sidecar or a person said one of the labels, or a term that counts as one of them."""
    wanted = [*label_ids, *(alias for alias, target in alias_targets(collection).items() if target in label_ids)]
    said = Q(pk__in=MachineLabel.objects.filter(label__in=wanted).values("image"))
    decided = Q(pk__in=Decision.objects.filter(label__in=wanted).values("image"))
    return Image.objects.filter(said | decided, collection=collection)


def _set_alias(label_ids: list[int], into: Label) -> None:
    Label.objects.filter(pk__in=label_ids).update(alias_of=into)


def _rename(change: Change, label: Label, term: str) -> None:
    """Give a label its new term; a label of the old one stands for it from now on."""
    old = label.term, label.key
    if fold_term(term) == label.key:
        label.term = term
        label.save(update_fields=["term"])
        return
    alias = _free_key(label.collection, fold_term(term))
    change.details["made_alias"] = alias is None
    change.save(update_fields=["details"])
    label.term, label.key = term, fold_term(term)
    label.save(update_fields=["term", "key"])
    alias = alias or Label(collection=label.collection)
    alias.term, alias.key = old
    alias.alias_of = label
    alias.save()


def _begin_undo_rename(change: Change) -> None:
    label = Label.objects.filter(pk=change.details["label"]).first()
    before, after = change.details["before"], change.details["after"]
    if label is None or label.term != after:
        now = "deleted" if label is None else f"renamed to {label.term}"
        raise ServiceError(
            f"{after} was {now} since it was renamed, so it cannot be called {before} again. Undo that first."
        )
    freeze_images(change, _carriers(label))
    if fold_term(before) == label.key:
        label.term = before
        label.save(update_fields=["term"])
        return
    holder = Label.objects.filter(collection=label.collection, key=fold_term(before)).first()
    if holder is not None and holder.alias_of_id != label.pk:
        raise ServiceError(
            f"{before} is a label of its own by now. Merge it into {after} first, or merge {after} into it."
        )
    alias = _free_key(label.collection, fold_term(before))
    label.term, label.key = before, fold_term(before)
    label.save(update_fields=["term", "key"])
    if alias is None:
        return
    alias.term, alias.key = after, fold_term(after)
    if change.details["made_alias"]:
        # Machines that have said the old term since then meant the label that has it again.
        _move_words(alias, label)
        alias.alias_of = None
    alias.save()
    if change.details["made_alias"] and not (alias.machine_labels.exists() or alias.decisions.exists()):
        alias.delete()


def _free_key(collection: Collection, key: str) -> Label | None:
    """Take a key from the label that has it, which is answered and gets another one next; None where nobody has it."""
    label = Label.objects.filter(collection=collection, key=key).first()
    if label is not None:
        label.key = f" {label.pk}"  # no folded term begins with a blank
        label.save(update_fields=["key"])
    return label


def _move_words(alias: Label, label: Label) -> None:
    """Let what was said with one label count as said with another, where that was not said as well."""
    same_source = MachineLabel.objects.filter(label=label, image=OuterRef("image"), source=OuterRef("source"))
    MachineLabel.objects.filter(~Exists(same_source), label=alias).update(label=label)
    same_change = Decision.objects.filter(label=label, image=OuterRef("image"), change=OuterRef("change"))
    Decision.objects.filter(~Exists(same_change), label=alias).update(label=label)


def _mark_renamed(change: Change, image_ids: list[int]) -> None:
    """Another word is another vector: the images changed although what holds of them did not."""
    mark_images(change.collection_id, image_ids, next_change_number(change.collection_id), labels=True)


def _undo_renamed(change: Change, image_ids: list[int]) -> None:
    recompute_effective_labels(change.collection, image_ids)
    _mark_renamed(change, image_ids)


def _recompute(change: Change, image_ids: list[int]) -> None:
    recompute_effective_labels(change.collection, image_ids)


def _begin_undo_merge(change: Change) -> None:
    merged = Label.objects.filter(pk__in=change.details["labels"], alias_of=change.details["into"])
    # What was annotated since then said these words, too.
    freeze_images(change, _images_that_say(change.collection, change.details["labels"]))
    merged.update(alias_of=None)


register_deed(Change.Kind.RENAME, Deed(apply=_mark_renamed, undo=_undo_renamed, begin_undo=_begin_undo_rename))
register_deed(Change.Kind.MERGE, Deed(apply=_recompute, undo=_recompute, begin_undo=_begin_undo_merge))
