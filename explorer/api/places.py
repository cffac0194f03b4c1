"""Where the current publications show images, and what they tell of them."""

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from catalog.models import Cluster, Collection, Galaxy, Image, Position, PublishedFeature
from catalog.permissions import User, Verb, permitted_by_role


def find_places(clusters: QuerySet[Cluster], *, galaxy: Galaxy | int | None = None) -> QuerySet[Position, Any]:
    """Positions of published builds; of these clusters, and of this galaxy alone if it is given.

    The cluster is the one that a person pinned the image to, else the one of its group. Each row has `cluster_pk`,
    `cluster_uuid`, `cluster_name`, `cluster_colour`, `galaxy_slug` and the galaxy's `published_features` and `publishes_document`, so
    that no cluster or galaxy need be fetched besides.
    """
    published = Q(build__publications__current_of=galaxy)
    if galaxy is None:
        published = Q(build__publications__current_of__isnull=False)

    def of_cluster(name: str) -> Coalesce:
        return Coalesce(F(f"pin__cluster__{name}"), F(f"group__cluster__{name}"))

    pin = FilteredRelation("build__galaxy__pins", condition=Q(build__galaxy__pins__image=F("image")))
    places = (
        Position.objects.annotate(pin=pin)
        .filter(published)
        .annotate(
            cluster_pk=of_cluster("pk"),
            cluster_uuid=of_cluster("uuid"),
            cluster_name=of_cluster("name"),
            cluster_colour=of_cluster("colour"),
            galaxy_slug=F("build__galaxy__slug"),
            published_features=F("build__galaxy__published_features"),
            publishes_document=F("build__galaxy__publish_documents"),
        )
    )
    return places.filter(Q(cluster_pk__in=clusters.values("pk")))


def images_to_tell(user: User, clusters: QuerySet[Cluster], *, known: Collection | None = None) -> QuerySet[Image]:
    """Images with what the API tells of them, but for their labels: two queries, however many there are.

    Each has `is_known` (whether the person has a role in its collection), `places` (of these clusters), and the slug of its collection
    and the size of its current revision, `told_collection`, `told_width` and `told_height`: a hundred rows of those two tables would
    take longer to read than the images themselves. The serializer reads their labels.

    Parameters
    ----------
    known
        The collection of all of these images, if the person has a role in it.
    """
    is_known: Case | Value = Value(True, output_field=BooleanField())
    if known is None:
        of_role = permitted_by_role(user, Verb.VIEW, Collection.objects.all())
        is_known = Case(
            When(collection__in=of_role.values("pk"), then=True), default=False, output_field=BooleanField()
        )
    return Image.objects.annotate(
        is_known=is_known,
        told_collection=F("collection__slug"),
        told_width=F("current_revision__width"),
        told_height=F("current_revision__height"),
    ).prefetch_related(Prefetch("positions", find_places(clusters).order_by("build__galaxy"), to_attr="places"))


def images_told(user: User, clusters: QuerySet[Cluster], feature: PublishedFeature, *, image: str = "pk") -> Q:
    """The condition under which a person learns of an image what a feature says: by a role, or because a galaxy publishes it.

    `clusters` are those that may be seen; `image` is the path from a row to its image.
    """
    known = permitted_by_role(user, Verb.VIEW, Collection.objects.all()).values("pk")
    collection = "collection__in" if image == "pk" else f"{image}__collection__in"
    # SQLite cannot look into a JSON list; as text, a name in its quotes is found by both databases, and never by mistake.
    places = find_places(clusters).annotate(told=Cast("build__galaxy__published_features", TextField()))
    shown = places.filter(image=OuterRef(image), told__contains=f'"{feature.value}"')
    return Q(**{collection: known}) | Q(Exists(shown))
