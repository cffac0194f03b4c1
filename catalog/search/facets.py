"""How many of the images that a selection means there are of what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, QuerySet
from numpy.typing import NDArray

from catalog.models import Build, Collection, Galaxy, Group, Image, Label, NearDuplicate, Pin
from catalog.search.columns import STATUSES, Columns, load_columns, load_groups
from catalog.search.selection import Selection, select_images

__all__ = ["FACETS", "Facet", "facets"]

CHUNK = 10_000
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Facet:
    """One value, as a selection takes it, what people call it, and how many images have it."""

    value: str
    title: str
    n: int


@dataclass(frozen=True)
class _Asked:
    collection: Collection
    selection: Selection
    columns: Columns
    mask: Mask
    """Which of the columns' images are meant."""
    limit: int


def facets(
    collection: Collection,
    selection: Selection,
    *,
    images: QuerySet[Image] | None = None,
    names: Sequence[str],
    limit: int = 50,
) -> dict[str, list[Facet]]:
    """Counts within a selection, for each name of FACETS that is asked for; most images first, years in their order.

    Parameters
    ----------
    images
        What the asker may see; None where that is the whole collection.
    limit
        So many values at most of each, those of most images.
    """
    columns = load_columns(collection.pk)
    if images is None and selection.is_empty:
        mask = np.ones(len(columns.images), dtype=bool)
    else:
        rows = select_images(selection, images).values_list("pk", flat=True)
        mask = columns.mask_of(np.fromiter(rows.iterator(CHUNK), dtype=np.int64))
    asked = _Asked(collection, selection, columns, mask, limit)
    return {name: _COUNTERS[name](asked) for name in names}


def _labels(asked: _Asked) -> list[Facet]:
    columns = asked.columns
    counts = np.bincount(columns.label_numbers[asked.mask[columns.rows]], minlength=len(columns.label_ids))
    best = _most(counts, asked.limit)
    terms = dict(Label.objects.filter(pk__in=columns.label_ids[best].tolist()).values_list("pk", "term"))
    found = [(terms.get(pk), n) for pk, n in zip(columns.label_ids[best].tolist(), counts[best].tolist(), strict=True)]
    return [Facet(term, term, n) for term, n in found if term is not None]


def _sources(asked: _Asked) -> list[Facet]:
    """Images with a label by each source: an image has many labels, and is counted once."""
    columns = asked.columns
    counts = []
    for number in range(len(columns.sources)):
        rows = columns.rows[columns.labels["source"] == number]
        having = np.zeros(len(columns.images), dtype=bool)
        having[rows] = True
        counts.append(int((having & asked.mask).sum()))
    return _named(columns.sources, columns.sources, np.array(counts, dtype=np.int64), asked.limit)


def _years(asked: _Asked) -> list[Facet]:
    years = asked.columns.images["year"][asked.mask]
    counts = np.bincount(years[years > 0])
    best = np.sort(_most(counts, asked.limit))
    return [Facet(str(year), str(year), int(counts[year])) for year in best.tolist()]


def _statuses(asked: _Asked) -> list[Facet]:
    counts = np.bincount(asked.columns.images["status"][asked.mask], minlength=len(STATUSES))
    return _named(STATUSES, [status.capitalize() for status in STATUSES], counts, asked.limit)


def _found(column: str, title: str) -> Callable[[_Asked], list[Facet]]:
    def count(asked: _Asked) -> list[Facet]:
        found = asked.columns.images[column][asked.mask]
        return [
            Facet("true", title, int((found == 1).sum())),
            Facet("false", f"No {title.lower()}", int((found == 0).sum())),
        ]

    return count


def _duplicates(asked: _Asked) -> list[Facet]:
    pairs = NearDuplicate.objects.filter(image__collection=asked.collection).values_list("image_id", "head_id")
    images, heads = np.array(list(pairs), dtype=np.int64).reshape(-1, 2).T
    smaller = asked.columns.mask_of(images)
    any_of_group = smaller | asked.columns.mask_of(heads)
    return [
        Facet("any", "Looks like another", int((any_of_group & asked.mask).sum())),
        Facet("smaller", "A larger one is there", int((smaller & asked.mask).sum())),
    ]


def _clusters(asked: _Asked) -> list[Facet]:
    """By the newest complete build of each galaxy, or of the one that the selection names; pins applied."""
    galaxies = Galaxy.objects.filter(collection=asked.collection)
    if asked.selection.galaxy is not None:
        galaxies = galaxies.filter(uuid=asked.selection.galaxy)
    newer = Build.objects.filter(galaxy=OuterRef("build__galaxy"), complete=True, number__gt=OuterRef("build__number"))
    groups = Group.objects.filter(~Exists(newer), build__complete=True, build__galaxy__in=galaxies).order_by()
    names: dict[int, tuple[str, str, str]] = {}
    builds: dict[int, dict[int, int]] = {}
    galaxy_of: dict[int, int] = {}
    for build, galaxy, group, *cluster in groups.values_list("build", "build__galaxy", "pk", *_cluster("cluster")):
        galaxy_of[build] = galaxy
        builds.setdefault(build, {})[group] = _note(names, cluster)
    pins: dict[int, dict[int, int]] = {}
    for galaxy, image, *cluster in Pin.objects.filter(galaxy__in=galaxies).values_list(
        "galaxy", "image", *_cluster("cluster")
    ):
        pins.setdefault(galaxy, {})[image] = _note(names, cluster)
    keys = np.array(sorted(names), dtype=np.int64)
    counts = np.zeros(len(keys), dtype=np.int64)
    for build, cluster_of_group in builds.items():
        counts += np.bincount(
            np.searchsorted(keys, _clusters_in(build, cluster_of_group, pins.get(galaxy_of[build], {}), asked)),
            minlength=len(keys),
        )
    several = len(builds) > 1
    titles = [f"{names[key][2]}: {names[key][1]}" if several else names[key][1] for key in keys.tolist()]
    return _named([names[key][0] for key in keys.tolist()], titles, counts, asked.limit)


def _cluster(path: str) -> list[str]:
    return [f"{path}__{name}" for name in ("pk", "uuid", "name", "galaxy__title")]


def _note(names: dict[int, tuple[str, str, str]], cluster: Sequence[Any]) -> int:
    """Remember what a cluster is called; returns its id."""
    pk, uuid, name, galaxy = cluster
    names[pk] = (str(uuid), name, galaxy)
    return int(pk)


def _clusters_in(
    build: int, cluster_of_group: Mapping[int, int], pins: Mapping[int, int], asked: _Asked
) -> NDArray[np.int64]:
    """The cluster's id of each image of the build that is meant."""
    placed = load_groups(build)
    groups = np.array(sorted(cluster_of_group), dtype=np.int64)
    clusters = np.array([cluster_of_group[group] for group in groups.tolist()], dtype=np.int64)
    found: NDArray[np.int64] = clusters[np.searchsorted(groups, placed["group"])]
    if pins:
        images = np.array(sorted(pins), dtype=np.int64)
        to = np.array([pins[image] for image in images.tolist()], dtype=np.int64)
        places = np.minimum(np.searchsorted(images, placed["image"]), len(images) - 1)
        found = np.where(images[places] == placed["image"], to[places], found)
    ids = asked.columns.images["id"]
    if not len(ids):
        return found[:0]
    rows = np.minimum(np.searchsorted(ids, placed["image"]), len(ids) - 1)
    counted: NDArray[np.int64] = found[(ids[rows] == placed["image"]) & asked.mask[rows]]
    return counted


def _most(counts: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """The places of the greatest counts, none of them 0, the greatest first."""
    order: NDArray[np.int64] = np.argsort(-counts, kind="stable")[:limit]
    return order[counts[order] > 0]


def _named(values: Sequence[str], titles: Sequence[str], counts: NDArray[np.int64], limit: int) -> list[Facet]:
    return [Facet(values[place], titles[place], int(counts[place])) for place in _most(counts, limit).tolist()]


_COUNTERS: dict[str, Callable[[_Asked], list[Facet]]] = {
    "label": _labels,
    "cluster": _clusters,
    "year": _years,
    "source": _sources,
    "status": _statuses,
    "faces": _found("faces", "Faces"),
    "text": _found("text", "Text"),
    "duplicates": _duplicates,
}
FACETS = tuple(_COUNTERS)
