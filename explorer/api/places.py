"""Where the current publications show images: positions, each with the cluster that holds for it."""

from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import Cluster, Galaxy, Pin, Position


def find_places(clusters: QuerySet[Cluster], *, galaxy: Galaxy | int | None = None) -> QuerySet[Position, Any]:
    """Positions of published builds; of these clusters, and of this galaxy alone if it is given.

    The cluster is the one that a person pinned the image to, else the one of its group. Each row has `cluster_pk`,
    `cluster_uuid`, `cluster_name`, `cluster_colour` and `galaxy_slug`, so that no cluster or galaxy need be fetched besides.
    """
    published = Q(build__publications__current_of=galaxy)
    if galaxy is None:
        published = Q(build__publications__current_of__isnull=False)
    pins = Pin.objects.filter(galaxy=OuterRef("build__galaxy"), image=OuterRef("image"))

    def of_cluster(name: str, **options: Any) -> Coalesce:
        return Coalesce(Subquery(pins.values(f"cluster__{name}")), F(f"group__cluster__{name}"), **options)

    places = Position.objects.filter(published).annotate(
        cluster_pk=of_cluster("pk", output_field=BigIntegerField()),
        cluster_uuid=of_cluster("uuid"),
        cluster_name=of_cluster("name"),
        cluster_colour=of_cluster("colour"),
        galaxy_slug=F("build__galaxy__slug"),
    )
    return places.filter(Q(cluster_pk__in=clusters.values("pk")))
