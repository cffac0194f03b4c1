"""What builds look like: the newest one's clusters, how large they are, typical pictures, and where a sample of images lies."""

import uuid
from collections.abc import Iterable

from django.db.models import ExpressionWrapper, F, FloatField, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import RowNumber

from catalog.admin.build_plots import Dot
from catalog.models import Build, Cluster, Galaxy, Group, Position

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
    """Cluster id -> images in the newest build; dormant clusters are left out."""
    groups = Group.objects.filter(cluster__in=[cluster.pk for cluster in clusters], build__in=latest_builds())
    return dict(groups.order_by().values_list("cluster").annotate(n=Sum("n_images")))


def find_covers(clusters: Iterable[Cluster], *, n_covers: int = N_COVERS) -> dict[int, list[uuid.UUID]]:
    """Cluster id -> uuids of its cover, if a curator chose one, and of the images nearest to its groups' centres."""
    clusters = list(clusters)
    chosen = Cluster.objects.filter(pk__in=[cluster.pk for cluster in clusters if cluster.cover_id is not None])
    covers = {pk: [image] for pk, image in chosen.values_list("pk", "cover__uuid")}
    places = Position.objects.filter(group__cluster__in=[c.pk for c in clusters], build__in=latest_builds())
    for pk, images in _nearest_to_centre(places, "group__cluster", n_covers).items():
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
