"""What became of a thing: who did what with it, when and why; read from changes, builds, publications and the admin's log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Model, QuerySet

from catalog.models import Change, Cluster, Collection, Decision, Galaxy, Image, Label
from catalog.permissions import User

__all__ = ["Decided", "Entry", "decided_by", "describe_change", "history_of", "note_deed"]

SAID = {"accept": "Accepted", "reject": "Rejected", "add": "Added"}
CLUSTER_DEEDS = {
    "edit": "Changed what clusters are called or look like",
    "order": "Changed the order of the tour",
    "merge": "Merged clusters",
    "split": "Split a cluster",
    "pin": "Pinned to a cluster",
    "unpin": "Let builds say again where they belong",
}
DONE = {ADDITION: "Added.", DELETION: "Deleted."}
MAX_NAMED = 5  # terms in one sentence


@dataclass(frozen=True)
class Decided:
    """What a change said about one label."""

    term: str
    verdict: str
    n: int
    """Images of which it was said."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened to an object."""

    at: datetime
    by: User | None
    """None: the house itself, or somebody who is not known any more."""
    what: str
    """A sentence for people."""
    reason: str = ""
    change: Change | None = None
    """The change that it belongs to, which can be undone as a whole."""


def history_of(obj: Model, *, limit: int = 100) -> list[Entry]:
    """What happened to an object, newest first: so many entries at most, in a constant number of queries."""
    entries = _logged(obj, limit)
    rows = _changes_of(obj)
    if rows is not None:
        changes = list(rows.select_related("made_by", "undone_by").order_by("-pk")[:limit])
        image = obj if isinstance(obj, Image) else None
        decided = decided_by(changes, image=image)
        for change in changes:
            entries += _told(change, describe_change(change, decided[change.pk], counted=image is None))
    if isinstance(obj, Galaxy):
        entries += _builds_of(obj, limit)
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def note_deed(by: User | None, obj: Model, text: str) -> None:
    """Write into an object's history what somebody did with it, where no change tells of it. The house's own deeds are not noted."""
    if by is not None and by.pk is not None:
        rows = type(obj)._default_manager.filter(pk=obj.pk)
        LogEntry.objects.log_actions(by.pk, rows, CHANGE, text, single_object=True)


def decided_by(changes: Sequence[Change], *, image: Image | None = None) -> dict[int, list[Decided]]:
    """What changes said about labels: change id -> in order of the terms. Of one image only, if it is given. One query.

    Of a large change its own notes tell, so that nobody counts forty thousand rows to say forty thousand.
    """
    found: dict[int, list[Decided]] = {change.pk: [] for change in changes}
    noted = {change.pk: change for change in changes if "verdicts" in change.details}
    for pk, change in noted.items():
        n = 1 if image is not None else change.n_images
        found[pk] += [Decided(term, verdict, n) for _label, verdict, term in change.details["verdicts"]]
    others = Decision.objects.filter(change__in=[pk for pk in found if pk not in noted])
    if image is not None:
        others = others.filter(image=image)
    rows = others.order_by().values_list("change", "label__term", "verdict").annotate(n=Count("pk"))
    for pk, term, verdict, n in rows:
        found[pk].append(Decided(term, verdict, n))
    return {pk: sorted(decided, key=lambda item: (item.term, item.verdict)) for pk, decided in found.items()}


def describe_change(change: Change, decided: Sequence[Decided], *, counted: bool = True) -> str:
    """What a change did, as a sentence: "Rejected “cat” on 30 images."

    Parameters
    ----------
    decided
        What `decided_by` found of it.
    counted
        Whether to say on how many images; the history of one image need not.
    """
    sentence = _WORDS.get(change.kind, _say_kind)(change, decided)
    if not counted or not change.n_images:
        return f"{sentence}."
    images = f"{change.n_images:,} {'image' if change.n_images == 1 else 'images'}"
    return f"{sentence} on {images}." if change.kind == Change.Kind.DECIDE else f"{sentence}: {images}."


def _say_decided(change: Change, decided: Sequence[Decided]) -> str:
    by_verdict: dict[str, list[str]] = {}
    for item in decided:
        by_verdict.setdefault(item.verdict, []).append(item.term)
    parts = [f"{SAID[verdict]} {_name(terms)}" for verdict, terms in sorted(by_verdict.items())]
    return ", ".join([parts[0], *(part[0].lower() + part[1:] for part in parts[1:])]) if parts else "Decided nothing"


def _say_renamed(change: Change, decided: Sequence[Decided]) -> str:
    return f"Renamed {_name([change.details['before']])} to {_name([change.details['after']])}"


def _say_merged(change: Change, decided: Sequence[Decided]) -> str:
    return f"Merged {_name(change.details['before'])} into {_name([change.details['after']])}"


def _say_clusters(change: Change, decided: Sequence[Decided]) -> str:
    return CLUSTER_DEEDS.get(str(change.details.get("deed")), str(change.get_kind_display()))


def _say_kind(change: Change, decided: Sequence[Decided]) -> str:
    return str(change.get_kind_display())


_WORDS: Mapping[str, Callable[[Change, Sequence[Decided]], str]] = {
    Change.Kind.DECIDE: _say_decided,
    Change.Kind.RENAME: _say_renamed,
    Change.Kind.MERGE: _say_merged,
    Change.Kind.PIN: _say_clusters,
    Change.Kind.CLUSTERS: _say_clusters,
}


def _name(terms: Iterable[str]) -> str:
    terms = list(terms)
    more = f" and {len(terms) - MAX_NAMED} more" if len(terms) > MAX_NAMED else ""
    return ", ".join(f"“{term}”" for term in terms[:MAX_NAMED]) + more


def _told(change: Change, sentence: str) -> list[Entry]:
    """That it was made, and perhaps that it was undone."""
    entries = [Entry(change.made_at, change.made_by, sentence, change.reason, change)]
    if change.undone_at is not None:
        entries.append(Entry(change.undone_at, change.undone_by, f"Took back: {sentence}", "", change))
    return entries


def _changes_of(obj: Model) -> QuerySet[Change] | None:
    """The changes that an object had a part in; None where changes do not tell of its kind."""
    if isinstance(obj, Image):
        return Change.objects.filter(changed_images__image=obj)
    if isinstance(obj, Collection):
        return Change.objects.filter(collection=obj)
    if isinstance(obj, Galaxy):
        return Change.objects.filter(galaxy=obj)
    if isinstance(obj, Label):
        named = [pk for pk, ids in _named_labels(obj.collection_id) if obj.pk in ids]
        decided = Decision.objects.filter(label=obj).values("change")
        return Change.objects.filter(pk__in=decided) | Change.objects.filter(pk__in=named)
    if isinstance(obj, Cluster):
        rows = Change.objects.filter(galaxy=obj.galaxy_id).values_list("pk", "details")
        return Change.objects.filter(pk__in=[pk for pk, details in rows if obj.pk in _named_clusters(details)])
    return None


def _named_labels(collection_id: int) -> list[tuple[int, set[int]]]:
    """Which labels each renaming and merging of a collection was about; they are few, and no database finds a number in a JSON list."""
    kinds = [Change.Kind.RENAME, Change.Kind.MERGE]
    rows = Change.objects.filter(collection=collection_id, kind__in=kinds).values_list("pk", "details")
    return [
        (pk, {number for name in ("label", "into", "labels") for number in _numbers(details.get(name))})
        for pk, details in rows
    ]


def _named_clusters(details: Mapping[str, Any]) -> set[int]:
    """The clusters that a change is about, as `catalog.services.cluster_edit` notes them."""
    named = {int(pk) for pk in details.get("clusters", {})}
    for was, goal, _images in details.get("pins", []):
        named |= {pk for pk in (was, goal) if pk is not None}
    return named.union(*(_numbers(details.get(name)) for name in ("into", "others", "made", "parent")))


def _numbers(value: object) -> set[int]:
    return {value} if isinstance(value, int) else set(value) if isinstance(value, list) else set()


def _logged(obj: Model, limit: int) -> list[Entry]:
    content_type = ContentType.objects.get_for_model(obj)
    rows = LogEntry.objects.filter(content_type=content_type, object_id=str(obj.pk)).select_related("user")
    return [
        Entry(row.action_time, row.user, row.get_change_message() or DONE.get(row.action_flag, "Changed."))
        for row in rows.order_by("-pk")[:limit]
    ]


def _builds_of(galaxy: Galaxy, limit: int) -> list[Entry]:
    builds = galaxy.builds.filter(complete=True).order_by("-number")[:limit]
    published = galaxy.publications.select_related("published_by", "build").order_by("-pk")[:limit]
    return [
        *(Entry(row.created_at, None, f"Build {row.number} of {row.n_images:,} images was made.") for row in builds),
        *(Entry(row.published_at, row.published_by, f"Build {row.build.number} was published.") for row in published),
    ]
