"""What builds look like: the newest one's clusters, how large they are, typical pictures, and where a sample of images lies."""

import uuid
from collections import Counter
from collections.abc import Iterable

from django.db.models import Count, ExpressionWrapper, F, FloatField, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from catalog.admin.build_plots import Dot
from catalog.models import Build, Cluster, Galaxy, Group, Pin, Position

__all__ = ["count_images", "find_covers", "find_group_covers", "latest_builds", "sample_positions"]

N_COVERS = 6
# The multiples of the golden ratio, modulo 1, fill the unit interval evenly whatever the stride; here in steps of 2^-20.
TURN = 648_055
FULL_TURN = 2**20


def latest_builds() -> QuerySet[Build, int]:
    """Ids of the newest complete build of every galaxy."""
    newest = Build.objects.filter(galaxy=OuterRef("pk"), complete=True).order_by("-number").values("pk")[:1]
    return Galaxy.objects.order_by().annotate(newest=Subquery(newest)).values_list("newest", flat=True)  # type: ignore[return-value]  # annotated


def count_images(clusters: Iterable[Cluster]) -> dict[int, int]:
    """Cluster id -> images in the newest build, pins applied; dormant clusters are left out. Two queries."""
    clusters = list(clusters)
    wanted, galaxies = {cluster.pk for cluster in clusters}, {cluster.galaxy_id for cluster in clusters}
    groups = Group.objects.filter(cluster__in=wanted, build__in=latest_builds())
    counts = Counter(dict(groups.order_by().values_list("cluster").annotate(n=Sum("n_images"))))
    pins = Pin.objects.filter(
        galaxy__in=galaxies, image__positions__build__in=latest_builds(), image__positions__build__galaxy=F("galaxy")
    )
    moved = pins.order_by().values_list("image__positions__group__cluster", "cluster").annotate(n=Count("pk"))
    for group_cluster, pinned_to, n in moved:
        counts[group_cluster] -= n
        counts[pinned_to] += n
    return {pk: n for pk, n in counts.items() if pk in wanted and n > 0}


def find_covers(clusters: Iterable[Cluster], *, n_covers: int = N_COVERS) -> dict[int, list[uuid.UUID]]:
    """Cluster id -> uuids of its cover, if a curator chose one, of the images nearest to its groups' centres, and of pinned ones."""
    clusters = list(clusters)
    wanted = [cluster.pk for cluster in clusters]
    chosen = Cluster.objects.filter(pk__in=[cluster.pk for cluster in clusters if cluster.cover_id is not None])
    covers = {pk: [image] for pk, image in chosen.values_list("pk", "cover__uuid")}
    pins = Pin.objects.filter(galaxy__in={cluster.galaxy_id for cluster in clusters})
    places = Position.objects.filter(group__cluster__in=wanted, build__in=latest_builds())
    places = places.exclude(image__in=pins.order_by().values("image"))
    rank = Window(RowNumber(), partition_by=F("cluster"), order_by=F("image").asc())
    pinned = pins.filter(cluster__in=wanted, image__hidden=False).annotate(rank=rank).filter(rank__lte=n_covers)
    found = _nearest_to_centre(places, "group__cluster", n_covers)
    for pk, image in pinned.order_by("cluster", "rank").values_list("cluster", "image__uuid"):
        found.setdefault(pk, []).append(image)
    for pk, images in found.items():
        pictures = covers.setdefault(pk, [])
        pictures += [image for image in images if image not in pictures]
        del pictures[n_covers:]
    return covers


def find_group_covers(build: Build, *, n_covers: int = N_COVERS) -> dict[int, list[uuid.UUID]]:
    """Group id -> uuids of the images nearest to its centre."""
    return _nearest_to_centre(Position.objects.filter(build=build), "group", n_covers)


def sample_positions(build: Build, share: float) -> list[Dot]:
    """About that share of a build's images, chosen by id, so that every build shows the same ones; all of them from 1 on."""
    places = Position.objects.filter(build=build)
    if share < 1:
        # Nothing is sorted: one pass over the build's rows, 0.05 s for 400,000 in SQLite.
        places = places.annotate(turn=F("image_id") * TURN % FULL_TURN).filter(turn__lt=int(share * FULL_TURN))
    return [Dot(*row) for row in places.order_by().values_list("x", "y", "z", "group__cluster__colour")]


def _nearest_to_centre(places: QuerySet[Position], by: str, n_images: int) -> dict[int, list[uuid.UUID]]:
    """For each value of `by` the images that are not hidden, nearest first; one query."""
    dx, dy, dz = (F(axis) - F(f"group__{axis}") for axis in ("x", "y", "z"))
    squared_distance = ExpressionWrapper(dx * dx + dy * dy + dz * dz, output_field=FloatField())
    rank = Window(RowNumber(), partition_by=F(by), order_by=[squared_distance.asc(), F("image").asc()])
    ranked = places.filter(image__hidden=False).annotate(rank=rank).filter(rank__lte=n_images).order_by(by, "rank")
    nearest: dict[int, list[uuid.UUID]] = {}
    for pk, image in ranked.values_list(by, "image__uuid"):
        nearest.setdefault(pk, []).append(image)
    return nearest
