"""What curators say of clusters: names, colours, covers, tour order, merges, splits, pins. Each deed is one change, which can be undone."""

from collections.abc import Collection as Container
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Field, QuerySet, Sum

from catalog.models import Change, ChangedImage, Cluster, Galaxy, Group, Image, Pin
from catalog.permissions import User
from catalog.services.build_rows import last_build
from catalog.services.cluster_parts import Part, find_parts
from catalog.services.clusters import free_colours, free_name
from catalog.services.errors import ServiceError
from catalog.services.pins import PinMove, move_pins
from catalog.signals import cluster_hidden
from catalog.terms import fold_term

__all__ = [
    "ClusterValues",
    "edit_cluster",
    "merge_clusters",
    "order_tour",
    "pin_images",
    "split_cluster",
    "unpin_images",
]

MAX_NAME_LENGTH = 200
MAX_PINNED_AT_ONCE = 50_000
CHUNK = 2000  # rows a query

_FIELDS: dict[str, Field[Any, Any]] = {
    field.name: field
    for field in Cluster._meta.concrete_fields
    if field.name in {"colour", "description", "tour_order", "hidden"}
}


class ClusterValues(TypedDict, total=False):
    """What can be said of one cluster."""

    name: str
    colour: str
    description: str
    cover: Image | None
    tour_order: int
    hidden: bool


def edit_cluster(
    cluster: Cluster, *, by: User | None, reason: str = "", **values: Unpack[ClusterValues]
) -> Change | None:
    """Say something of a cluster; None where it was so already. A name given here is never computed over by a later build.

    Hiding one announces `cluster_hidden`, so that its pictures leave what is published. All else shows with the next publication.

    Raises ServiceError when the name is empty, longer than 200 characters, or another cluster of the galaxy has it, when the colour is
    none, or when the cover is of another collection.
    """
    with transaction.atomic():
        now = Cluster.objects.select_for_update().get(pk=cluster.pk)
        said = _check_values(now, values)
        changed = {field: [getattr(now, field), value] for field, value in said.items() if getattr(now, field) != value}
        if not changed:
            return None
        for field, (_before, after) in changed.items():
            setattr(now, field, after)
        try:
            with transaction.atomic():
                now.save(update_fields=list(changed))
        except IntegrityError as error:
            raise ServiceError(
                f"Expected a name that no other cluster of {cluster.galaxy} has, got {now.name!r}. "
                "Rename the other one first, or choose another name."
            ) from error
        change = _note(cluster.galaxy, "edit", {"clusters": {str(cluster.pk): changed}}, by=by, reason=reason)
        if changed.get("hidden") == [False, True]:
            cluster_hidden.send(Cluster, galaxy=cluster.galaxy)
    cluster.refresh_from_db(fields=list(changed))
    return change


def order_tour(galaxy: Galaxy, uuids: Sequence[UUID], *, by: User | None, reason: str = "") -> Change | None:
    """Put the galaxy's clusters into this order; those that are not named come after them, as they were. None if they were so already.

    Raises ServiceError when a uuid is there twice, or is no cluster of the galaxy.
    """
    if len(set(uuids)) < len(uuids):
        raise ServiceError("Expected each cluster once, got some twice. Leave out what is there twice.")
    with transaction.atomic():
        clusters = list(galaxy.clusters.select_for_update().order_by("tour_order", "pk"))
        places = {uuid: place for place, uuid in enumerate(uuids)}
        if strangers := set(places) - {cluster.uuid for cluster in clusters}:
            raise ServiceError(f"Expected clusters of {galaxy}, got others: {', '.join(sorted(map(str, strangers)))}.")
        # Sorting is stable: the unnamed keep their order.
        clusters.sort(key=lambda cluster: places.get(cluster.uuid, len(places)))
        changed = {}
        for order, cluster in enumerate(clusters):
            if cluster.tour_order != order:
                changed[str(cluster.pk)] = {"tour_order": [cluster.tour_order, order]}
                cluster.tour_order = order
        if not changed:
            return None
        Cluster.objects.bulk_update(clusters, ["tour_order"])
        return _note(galaxy, "order", {"clusters": changed}, by=by, reason=reason)


def merge_clusters(into: Cluster, others: Iterable[Cluster], *, by: User | None, reason: str = "") -> Change:
    """Let one cluster take the groups and pins of others, which lie dormant from then on.

    The change says how many images of the newest build came with the groups.

    The groups of all kept builds move, so that later builds find the images in the one cluster, and do not wake the others
    where a group is theirs alone again. Visitors see it after the next publication.

    Raises ServiceError when there is nothing to merge, when clusters are of another galaxy, or when some are hidden and some are
    not: merging must not show what somebody hid.
    """
    others = [cluster for cluster in others if cluster.pk != into.pk]
    if not others:
        raise ServiceError("Expected at least two clusters to merge, got one. Select another one, too.")
    if strangers := [cluster.name for cluster in others if cluster.galaxy_id != into.galaxy_id]:
        raise ServiceError(
            f"Expected clusters of {into.galaxy}, got some of another galaxy: {', '.join(strangers)}. "
            "Select clusters of one galaxy only."
        )
    with transaction.atomic():
        # As they are now: another curator may have hidden one since the page was shown.
        now = {row.pk: row for row in Cluster.objects.select_for_update().filter(pk__in=[into.pk, *_keys(others)])}
        if unlike := [now[other.pk].name for other in others if now[other.pk].hidden != now[into.pk].hidden]:
            raise ServiceError(
                f"Expected clusters that are all {'hidden' if now[into.pk].hidden else 'shown'} like {into.name}, "
                f"got others: {', '.join(unlike)}. Hide all of them or none first."
            )
        moved = Group.objects.filter(cluster__in=others)
        newest = last_build(into.galaxy)
        n_images = moved.filter(build=newest).aggregate(n=Sum("n_images", default=0))["n"]
        groups = {str(pk): [was, into.pk] for pk, was in moved.values_list("pk", "cluster_id")}
        pins: list[PinMove] = []
        for other in others:
            ids = list(Pin.objects.filter(cluster=other).order_by("image_id").values_list("image_id", flat=True))
            pins += [[other.pk, into.pk, ids]] if ids else []
        moved.update(cluster=into)
        Pin.objects.filter(cluster__in=others).update(cluster=into)
        told = {"groups": groups, "pins": pins, "into": into.pk, "others": _keys(others)}
        return _note(into.galaxy, "merge", told, by=by, reason=reason, n_images=int(n_images))


def pin_images(cluster: Cluster, images: QuerySet[Image], *, by: User | None, reason: str = "") -> Change | None:
    """Say of images that they belong to a cluster, whatever builds find; None if all of them are pinned to it already.

    Raises ServiceError when there is none, when one is of another collection, or when there are more than 50,000.
    """
    ids = _ids_of(cluster.galaxy, images)
    with transaction.atomic():
        change = _pin(cluster.galaxy, ids, cluster, by=by, reason=reason)
        if change and Cluster.objects.get(pk=cluster.pk).hidden:
            cluster_hidden.send(Cluster, galaxy=cluster.galaxy)
        return change


def unpin_images(galaxy: Galaxy, images: QuerySet[Image], *, by: User | None, reason: str = "") -> Change | None:
    """Let builds say again where these images belong; None if none of them is pinned. Raises as `pin_images`."""
    ids = _ids_of(galaxy, images)
    with transaction.atomic():
        return _pin(galaxy, ids, None, by=by, reason=reason)


def split_cluster(
    cluster: Cluster,
    *,
    by: User | None,
    n: int = 2,
    images: QuerySet[Image] | None = None,
    name: str = "",
    reason: str = "",
) -> list[Cluster]:
    """Make new clusters of parts of one, and answer with them; what is left stays in it.

    The parts are as k-means finds them on the map of the newest build, the largest of which stays, or else the images that are given.
    Their images are pinned: groups are immutable, and pins outlive builds. A part without a given name is named after its labels, and is
    as hidden as the cluster that it was part of.

    Raises ServiceError when there is no build, when the images are none or all of the cluster's or not in it, when the cluster cannot be
    divided into so many parts, or when the name is taken.
    """
    names = [_check_name(name)] if name.strip() else []
    if names and images is None and n != 2:
        raise ServiceError(f"Expected one new cluster for the name {name!r}, got {n - 1}. Name them afterwards.")
    parts = find_parts(cluster, n=n, images=images)
    with transaction.atomic():
        parent = Cluster.objects.select_for_update().get(pk=cluster.pk)
        made = _make_parts(parent, parts, names)
        pins: list[PinMove] = []
        for new, part in zip(made, parts, strict=True):
            pins += move_pins(cluster.galaxy, part.image_ids, new)
        told = {"pins": pins, "made": _keys(made), "parent": parent.pk}
        _note(cluster.galaxy, "split", told, by=by, reason=reason, images=_all_pinned(pins))
    return made


def _check_values(cluster: Cluster, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by column, each as it is kept."""
    said: dict[str, Any] = {}
    if "name" in values:
        name = _check_name(values["name"])
        if name != cluster.name:
            said |= {"name": name, "name_source": Cluster.NameSource.CURATOR}
    if "cover" in values:
        cover = values["cover"]
        if cover is not None and cover.collection_id != cluster.galaxy.collection_id:
            raise ServiceError(
                f"Expected an image of {cluster.galaxy.collection} as cover, got one of another collection. Choose another."
            )
        said["cover_id"] = None if cover is None else cover.pk
    for field in _FIELDS:
        if field in values:
            said[field] = values[field]
            try:
                said[field] = _FIELDS[field].clean(values[field], cluster)
            except ValidationError as error:
                raise ServiceError(f"{field}: {' '.join(error.messages)}") from error
    return said


def _check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise ServiceError("Expected a name for the cluster, got an empty one. Write at least one letter.")
    if len(name) > MAX_NAME_LENGTH:
        raise ServiceError(
            f"Expected a name of at most {MAX_NAME_LENGTH} characters, got {len(name)}. Move the rest to the description."
        )
    return name


def _ids_of(galaxy: Galaxy, images: QuerySet[Image]) -> list[int]:
    rows = list(images.order_by("pk").values_list("pk", "collection_id")[: MAX_PINNED_AT_ONCE + 1])
    if not rows:
        raise ServiceError("Expected at least one image, got none. Select some first.")
    if len(rows) > MAX_PINNED_AT_ONCE:
        raise ServiceError(f"Expected at most {MAX_PINNED_AT_ONCE:,} images at once, got more. Take fewer at a time.")
    if any(collection != galaxy.collection_id for _pk, collection in rows):
        raise ServiceError(f"Expected images of {galaxy.collection}, got some of another collection.")
    return [pk for pk, _collection in rows]


def _pin(galaxy: Galaxy, ids: Sequence[int], to: Cluster | None, *, by: User | None, reason: str) -> Change | None:
    pins = move_pins(galaxy, ids, to)
    if not pins:
        return None
    deed = "unpin" if to is None else "pin"
    return _note(galaxy, deed, {"pins": pins}, by=by, reason=reason, images=_all_pinned(pins))


def _make_parts(parent: Cluster, parts: Sequence[Part], names: Sequence[str]) -> list[Cluster]:
    """New clusters beside the one that they were part of, with these names or else free ones."""
    others = list(parent.galaxy.clusters.all())
    taken = {fold_term(other.name) for other in others}
    if already := [name for name in names if fold_term(name) in taken]:
        raise ServiceError(
            f"Expected a name that no other cluster of {parent.galaxy} has, got {already[0]!r}. Choose another one."
        )
    colours = free_colours(others, len(parts))
    return [
        Cluster.objects.create(
            galaxy=parent.galaxy,
            name=names[number] if names else free_name(part.names, taken),
            name_source=Cluster.NameSource.CURATOR if names else Cluster.NameSource.COMPUTED,
            runner_up_names=part.names[1:],
            colour=colours[number],
            hidden=parent.hidden,
            # Of equals the older one comes first.
            tour_order=parent.tour_order,
        )
        for number, part in enumerate(parts)
    ]


def _all_pinned(pins: Iterable[Sequence[Any]]) -> list[int]:
    return sorted(pk for _was, _goal, images in pins for pk in images)


def _keys(clusters: Iterable[Cluster]) -> list[int]:
    return [cluster.pk for cluster in clusters]


def _note(
    galaxy: Galaxy,
    deed: str,
    told: Mapping[str, Any],
    *,
    by: User | None,
    reason: str,
    images: Container[int] = (),
    n_images: int | None = None,
) -> Change:
    """Keep what was done, and what it takes to undo it (`catalog.services.cluster_undo`)."""
    change = Change.objects.create(
        collection=galaxy.collection,
        galaxy=galaxy,
        kind=Change.Kind.PIN if deed in {"pin", "unpin"} else Change.Kind.CLUSTERS,
        made_by_id=None if by is None else by.pk,
        reason=reason,
        details={"deed": deed, **told},
        n_images=len(images) if n_images is None else n_images,
    )
    ChangedImage.objects.bulk_create((ChangedImage(change=change, image_id=pk) for pk in images), batch_size=CHUNK)
    return change
