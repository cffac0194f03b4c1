"""Which images are meant: the one filter of the admin's addresses, the API, bulk decisions (as a job's parameters) and exports."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from catalog.models import (
    AnnotationStatus,
    Build,
    Cluster,
    Collection,
    EffectiveLabel,
    Galaxy,
    Group,
    Image,
    Label,
    NearDuplicate,
    Pin,
    Position,
)
from catalog.search.engine import DEFAULT_MIN_SCORE, matching_images
from catalog.terms import MAX_TERM_LENGTH, fold_term

__all__ = ["Selection", "SelectionError", "final_label", "select_images"]

MAX_UUIDS = 50_000
MAX_TEXT_LENGTH = 200
MAX_SOURCE_LENGTH = 220
MAX_YEAR = 9999
DUPLICATES = ("any", "smaller")


class SelectionError(ValueError):
    """A filter has a value that it cannot have: `field` names it, `message` says what was expected and what came."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Selection:
    """Images of one collection for which everything that is named here holds."""

    collection: int
    """The collection's id."""
    uuids: tuple[UUID, ...] = ()
    """These images and no others, at most 50,000."""
    q: str = ""
    """Words, or parts of words from three characters on, in labels, titles, creators and the text in the pictures."""
    label: str = ""
    """An effective label by its whole term, however it is written."""
    source: str = ""
    """Who says that label (of any label, where none is named): decision, sidecar, an annotator's name, taught:term."""
    min_score: float | None = None
    """Least score, 0 to 1, of that label, or of any. Where only words are asked for: of what is found by them, 0.3 unless given."""
    max_score: float | None = None
    cluster: UUID | None = None
    """In that cluster by the newest complete build of its galaxy, pins applied."""
    galaxy: UUID | None = None
    """In the newest complete build of that galaxy."""
    faces: bool | None = None
    """Faces were found; False: they were looked for, and there are none."""
    text: bool | None = None
    """Likewise text."""
    hidden: bool | None = None
    year_from: int | None = None
    """Taken in that year or later; images without a date are left out."""
    year_to: int | None = None
    status: str = ""
    duplicates: str = ""
    """`any`: looks nearly like another; `smaller`: and a larger one is there."""

    @property
    def is_empty(self) -> bool:
        """Whether it names nothing, and so means the whole collection."""
        return self == Selection(self.collection)

    @property
    def asks_for_labels(self) -> bool:
        """Whether an image needs a label to be meant."""
        says_of_label = bool(self.label or self.source) or self.max_score is not None
        return says_of_label or (self.min_score is not None and not self.q)

    @property
    def cut_off(self) -> float:
        """The least score of what is found by words."""
        return DEFAULT_MIN_SCORE if self.min_score is None or self.asks_for_labels else self.min_score

    def as_json(self) -> dict[str, Any]:
        """Plain values of what is named, and the collection."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        for name in ("cluster", "galaxy"):
            if name in said:
                said[name] = str(said[name])
        if self.uuids:
            said["uuids"] = [str(uuid) for uuid in self.uuids]
        return said

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """What `as_json` wrote, or somebody wrote like it. Raises SelectionError, also for a filter that there is not.

        A misspelt filter must not pass as none: it would mean the whole collection.
        """
        known = [f.name for f in fields(cls)]
        for name in value:
            if name not in known:
                raise SelectionError(str(name)[:80], f"There is no such filter. There are {', '.join(known[1:])}.")
        return cls._from_values(value)

    @classmethod
    def from_params(cls, collection: Collection, params: QueryDict) -> Self:
        """What the parameters of an address name; others among them are not ours. Raises SelectionError.

        `uuids` may be given several times, or with commas between them. A galaxy may be named by its slug. A galaxy or cluster
        must be of the collection.
        """
        values: dict[str, Any] = {
            name: value for name in _PARSERS if name != "collection" and (value := params.get(name, "").strip())
        }
        if "uuids" in values:
            values["uuids"] = [part for value in params.getlist("uuids") for part in value.split(",") if part.strip()]
        galaxies = Galaxy.objects.filter(collection=collection)
        if (galaxy := values.get("galaxy")) is not None:
            rows = galaxies.filter(uuid=galaxy) if _is_uuid(galaxy) else galaxies.filter(slug=galaxy)
            values["galaxy"] = rows.values_list("uuid", flat=True).first()
            if values["galaxy"] is None:
                raise SelectionError("galaxy", f"There is no galaxy {galaxy[:80]!r} in this collection.")
        selection = cls._from_values(values | {"collection": collection.pk})
        if selection.cluster is not None:
            of_collection = Cluster.objects.filter(galaxy__in=galaxies)
            if not of_collection.filter(uuid=selection.cluster).exists():
                raise SelectionError("cluster", f"There is no cluster {selection.cluster} in this collection.")
        return selection

    @classmethod
    def _from_values(cls, values: Mapping[str, Any]) -> Self:
        selection = cls(**{name: _PARSERS[name](name, value) for name, value in values.items()})
        for low, high in (("min_score", "max_score"), ("year_from", "year_to")):
            least, most = getattr(selection, low), getattr(selection, high)
            if least is not None and most is not None and least > most:
                raise SelectionError(high, f"Expected at least {low} ({least}), got {most}.")
        return selection


def select_images(selection: Selection, images: QuerySet[Image] | None = None) -> QuerySet[Image]:
    """Those of the images that the selection means, in no order.

    Parameters
    ----------
    images
        What the asker may see of: the caller asks the policy, this does not. All images unless given.
    """
    rows = Image.objects.all() if images is None else images
    rows = rows.filter(_plain_conditions(selection), collection=selection.collection).order_by()
    if selection.asks_for_labels:
        labels = _labelled(selection)
        # The images of one label are read from its index; whether an image has any at all, from the image's own labels.
        is_labelled = (
            Q(pk__in=labels.values("image")) if selection.label else Q(Exists(labels.filter(image=OuterRef("pk"))))
        )
        rows = rows.filter(is_labelled)
    if selection.q:
        found = matching_images(selection.collection, selection.q, selection.cut_off)
        rows = rows.none() if found is None else rows.filter(pk__in=found)
    if selection.cluster is not None:
        rows = rows.filter(_in_cluster(selection.cluster))
    if selection.galaxy is not None:
        positions = Position.objects.filter(build__in=_newest_build(galaxy__uuid=selection.galaxy))
        rows = rows.filter(pk__in=positions.values("image"))
    if selection.duplicates:
        condition = Q(Exists(NearDuplicate.objects.filter(image=OuterRef("pk"))))
        if selection.duplicates == "any":
            condition |= Q(Exists(NearDuplicate.objects.filter(head=OuterRef("pk"))))
        rows = rows.filter(condition)
    return rows


def final_label(collection_id: int, term: str) -> Label | None:
    """The label that a term stands for: its own, or what it was renamed to or merged into; None where there is none.

    A circle of aliases stands for itself, as in catalog.services.labels.
    """
    rows = Label.objects.filter(collection=collection_id, key=fold_term(term))
    # Two steps come with the first query; more are a merge of a merge of a merge.
    label = rows.select_related("alias_of__alias_of").first()
    seen: set[int] = set()
    while label is not None and label.alias_of is not None and label.pk not in seen:
        seen.add(label.pk)
        label = label.alias_of
    return label


def _plain_conditions(selection: Selection) -> Q:
    """What the image's own columns say."""
    condition = Q()
    if selection.uuids:
        condition &= Q(uuid__in=selection.uuids)
    for column, wanted in (("n_faces", selection.faces), ("n_characters", selection.text)):
        if wanted is not None:
            condition &= Q(**{f"{column}__gt": 0}) if wanted else Q(**{column: 0})
    if selection.hidden is not None:
        condition &= Q(hidden=selection.hidden)
    if selection.status:
        condition &= Q(annotation_status=selection.status)
    # Dates are ISO 8601 as far as they are known, so that years are ranges of text.
    if selection.year_from is not None:
        condition &= Q(taken_at__gte=f"{selection.year_from:04d}")
    if selection.year_to is not None:
        condition &= Q(taken_at__gt="")
        if selection.year_to < MAX_YEAR:
            condition &= Q(taken_at__lt=f"{selection.year_to + 1:04d}")
    return condition


def _labelled(selection: Selection) -> QuerySet[EffectiveLabel]:
    """The effective labels that the selection asks for."""
    rows = EffectiveLabel.objects.order_by()
    if selection.label:
        rows = rows.filter(label=final_label(selection.collection, selection.label))
    if selection.source:
        rows = rows.filter(source=selection.source)
    if selection.min_score is not None:
        rows = rows.filter(score__gte=selection.min_score)
    if selection.max_score is not None:
        rows = rows.filter(score__lte=selection.max_score)
    return rows


def _in_cluster(uuid: UUID) -> Q:
    """The condition under which an image lies in a cluster: pinned to it, or of its groups and pinned to no other."""
    galaxy = Cluster.objects.filter(uuid=uuid).values("galaxy")
    positions = Position.objects.filter(build__in=_newest_build(galaxy__in=galaxy))
    pins = Pin.objects.filter(galaxy__in=galaxy)
    groups = Group.objects.filter(cluster__uuid=uuid, build__in=_newest_build(galaxy__in=galaxy))
    # By its groups, not by its build: an index leads to a group's images, and the build has all.
    of_groups = Position.objects.filter(group__in=groups.order_by().values("pk")).exclude(
        image__in=pins.values("image")
    )
    # Few are pinned: each is looked up, rather than the whole build read.
    pinned = pins.filter(Exists(positions.filter(image=OuterRef("image"))), cluster__uuid=uuid)
    return Q(pk__in=of_groups.values("image")) | Q(pk__in=pinned.values("image"))


def _newest_build(**galaxy: Any) -> QuerySet[Build, Any]:
    """The id of the newest complete build of a galaxy, for a subquery."""
    builds = Build.objects.filter(complete=True, **galaxy).order_by("-number")
    return builds.values("pk")[:1]


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return "-" in value  # thirty-two digits without dashes may well be a slug


def _wrong(name: str, expected: str, value: object) -> SelectionError:
    return SelectionError(name, f"Expected {expected}, got {str(value)[:80]!r}.")


def _text(limit: int) -> Callable[[str, Any], str]:
    def parse(name: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or "\0" in value:
            raise _wrong(name, f"at most {limit} characters of text", value)
        return value.strip()

    return parse


def _choice(*choices: str) -> Callable[[str, Any], str]:
    def parse(name: str, value: Any) -> str:
        if value not in (*choices, ""):
            raise _wrong(name, f"one of {', '.join(choices)}", value)
        return str(value)

    return parse


def _score(name: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        score = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        score = math.nan
    if not 0 <= score <= 1:
        raise _wrong(name, "a number from 0 to 1", value)
    return score


def _year(name: str, value: Any) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise _wrong(name, "a year from 0 to 9999", value)
    return int(text)


def _flag(name: str, value: Any) -> bool | None:
    if value is None:
        return None
    known = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in known:
        raise _wrong(name, "true or false", value)
    return known[value.lower()]


def _uuid(name: str, value: Any) -> UUID | None:
    if value is None or isinstance(value, UUID):
        return value
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError as error:
        raise _wrong(name, "a uuid", value) from error


def _uuids(name: str, value: Any) -> tuple[UUID, ...]:
    # An empty list must not pass as none: whoever chose nothing would mean the whole collection.
    if not isinstance(value, list | tuple) or not value:
        raise _wrong(name, "a list of uuids, at least one", value)
    if len(value) > MAX_UUIDS:
        raise _wrong(name, f"at most {MAX_UUIDS:,} uuids; name more by filters", f"{len(value):,}")
    return tuple(uuid for item in value if (uuid := _uuid(name, item)) is not None)


def _collection(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "the collection's id", value)
    return value


_PARSERS: dict[str, Callable[[str, Any], Any]] = {
    "collection": _collection,
    "uuids": _uuids,
    "q": _text(MAX_TEXT_LENGTH),
    "label": _text(MAX_TERM_LENGTH),
    "source": _text(MAX_SOURCE_LENGTH),
    "min_score": _score,
    "max_score": _score,
    "cluster": _uuid,
    "galaxy": _uuid,
    "faces": _flag,
    "text": _flag,
    "hidden": _flag,
    "year_from": _year,
    "year_to": _year,
    "status": _choice(*AnnotationStatus.values),
    "duplicates": _choice(*DUPLICATES),
}
