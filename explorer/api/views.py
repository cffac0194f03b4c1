"""The read side of the API: each view says what it is about, the policy what of it this person sees."""

from collections.abc import Mapping
from typing import Any

from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import (
    Cluster,
    Collection,
    EffectiveLabel,
    Galaxy,
    Group,
    Image,
    Label,
    Pin,
    PublishedFeature,
    Scope,
)
from catalog.permissions import Verb, can, permitted, permitted_by_role
from catalog.services.documents import assemble_document
from explorer.api import filters, serializers
from explorer.api.idempotency import IdempotentMixin
from explorer.api.image_edits import ImageEditMixin
from explorer.api.permissions import PolicyFiltered
from explorer.api.places import images_to_tell, images_told
from explorer.api.uploads import ImageUploadMixin
from explorer.names import is_uuid

NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="Slug or uuid.")


class PolicyViewSet(PolicyFiltered, viewsets.ReadOnlyModelViewSet[Any]):
    """Lists rows, and shows one by its uuid or slug."""

    lookup_url_kwarg = "name"
    lookup_value_converter = "slug"  # lets uuids through as well

    def get_object(self) -> Any:
        """The row of that name. NotFound, in the same words, when there is none and when it may not be seen."""
        name = str(self.kwargs["name"])
        field = "uuid" if is_uuid(name) else "slug"
        rows = self.get_queryset()
        row = None if field == "slug" and not _has_slug(rows.model) else rows.filter(**{field: name}).first()
        if row is None:
            raise NotFound(f"There is no {rows.model._meta.verbose_name} {name}, or none that you may see.")
        self.check_object_permissions(self.request, row)
        return row


@extend_schema_view(
    list=extend_schema(summary="Collections that you may see"),
    retrieve=extend_schema(summary="One collection", parameters=[NAME]),
)
class CollectionViewSet(PolicyViewSet):
    """Libraries of images."""

    serializer_class = serializers.CollectionSerializer

    def get_rows(self) -> QuerySet[Collection]:
        """Collections, with the number of their images that the person may see."""
        images = permitted(
            self.request.user, Verb.VIEW, Image.objects.filter(collection=OuterRef("pk")), by_link=self.is_by_link()
        )
        return Collection.objects.annotate(n_images=_count(images, "collection"))


@extend_schema_view(list=extend_schema(summary="Images that you may see, with labels and clusters"))
class ImageViewSet(IdempotentMixin, ImageUploadMixin, ImageEditMixin, PolicyViewSet):
    """Pictures."""

    serializer_class = serializers.ImageSerializer
    filterset_class = filters.ImageFilterSet
    link_parameters = ("collection", "galaxy", "cluster")
    shows_all_to_a_role = True
    verbs: Mapping[str, Verb] = {
        **PolicyViewSet.verbs,
        "document": Verb.VIEW,
        "by_external_id": Verb.VIEW,
        "create": Verb.CONTRIBUTE,
        "partial_update": Verb.CURATE,
        "destroy": Verb.MANAGE,
    }

    def get_serializer_class(self) -> Any:
        """A single image also tells its colours, which cost a look at what the annotator answered."""
        return serializers.ImageDetailSerializer if self.action == "retrieve" else serializers.ImageSerializer

    def get_rows(self) -> QuerySet[Image]:
        """Images with all that the serializer reads."""
        user = self.request.user
        clusters = filters.clusters_shown(user, self.request.query_params)
        rows = images_to_tell(user, clusters, known=self.known_collection())
        return rows if self.action == "list" else rows.select_related("collection", "current_revision")

    @extend_schema(
        summary="What the annotator answered about an image",
        description="An AnnotateImageResponse in Cloud Vision's words. For people who contribute to the collection, and "
        "for all who may see a galaxy that shows the image and publishes it. A feature that was not looked for is absent, one that found "
        "nothing is empty.",
        parameters=[OpenApiParameter("name", OpenApiTypes.UUID, "path")],
        responses=OpenApiTypes.OBJECT,
        filters=False,
    )
    @action(detail=True, pagination_class=None, filterset_class=None)
    def document(self, request: Request, name: str) -> Response:
        """Assemble the document, for those who may read it."""
        image = self.get_object()
        if not self._may_read_document(image):
            raise PermissionDenied(
                "The document of this image is not published, and you do not contribute to its collection."
            )
        return Response(assemble_document(image))

    def _may_read_document(self, image: Image) -> bool:
        if can(self.request.user, Verb.CONTRIBUTE, image, scope=Scope.READ):
            return True
        return any(place.publishes_document for place in image.places)  # type: ignore[attr-defined]  # see places.py


@extend_schema_view(list=extend_schema(summary="Labels of the images that you may see"))
class LabelViewSet(PolicyFiltered, mixins.ListModelMixin, viewsets.GenericViewSet[Label]):
    """Terms."""

    serializer_class = serializers.LabelSerializer
    filterset_class = filters.LabelFilterSet
    link_parameters = ("collection",)

    def get_rows(self) -> QuerySet[Label]:
        """Labels, with the number of images that carry them, of which the person may learn that they do."""
        user = self.request.user
        images = permitted(user, Verb.VIEW, Image.objects.all(), by_link=self.is_by_link())
        clusters = permitted(user, Verb.VIEW, Cluster.objects.all(), by_link=self.is_by_link())
        told = images_told(user, clusters, PublishedFeature.LABELS, image="image")
        carried = EffectiveLabel.objects.filter(told, label=OuterRef("pk"), image__in=images.values("pk"))
        known = permitted_by_role(user, Verb.VIEW, Label.objects.all())
        return (
            Label.objects.annotate(n_images=_count(carried, "label"))
            .filter(Q(Exists(carried)) | Q(pk__in=known.values("pk")))
            .select_related("collection", "alias_of")
        )


@extend_schema_view(
    list=extend_schema(summary="Clusters of the galaxies that you may see"),
    retrieve=extend_schema(summary="One cluster", parameters=[OpenApiParameter("name", OpenApiTypes.UUID, "path")]),
)
class ClusterViewSet(PolicyViewSet):
    """Named, coloured parts of a galaxy."""

    serializer_class = serializers.ClusterSerializer
    filterset_class = filters.ClusterFilterSet
    link_parameters = ("galaxy",)

    def get_rows(self) -> QuerySet[Cluster]:
        """Clusters that are published now, and for people with a role the others too; `shows_cover` to whom may see it."""
        covers = Image.objects.filter(pk=OuterRef("cover"), hidden=False)
        covers = permitted(self.request.user, Verb.VIEW, covers, by_link=self.is_by_link())
        groups = Group.objects.filter(cluster=OuterRef("pk"), build__publications__current_of=OuterRef("galaxy"))
        pins = Pin.objects.filter(
            cluster=OuterRef("pk"), image__positions__build__publications__current_of=OuterRef("galaxy")
        )
        known = permitted_by_role(self.request.user, Verb.VIEW, Cluster.objects.all())
        return (
            Cluster.objects.annotate(n_images=_total(groups, "cluster", Sum("n_images")), shows_cover=Exists(covers))
            .filter(Q(n_images__gt=0) | Exists(pins) | Q(pk__in=known.values("pk")))
            .select_related("galaxy", "cover")
        )


@extend_schema_view(
    list=extend_schema(summary="Galaxies that you may see"),
    retrieve=extend_schema(summary="One galaxy", parameters=[NAME]),
)
class GalaxyViewSet(PolicyViewSet):
    """Maps of collections."""

    serializer_class = serializers.GalaxySerializer
    filterset_class = filters.GalaxyFilterSet

    def get_rows(self) -> QuerySet[Galaxy]:
        """Galaxies with what is published of them."""
        return Galaxy.objects.select_related("collection", "current_publication__build")


def _count(rows: QuerySet[Any, Any], key: str) -> Coalesce:
    return _total(rows, key, Count("pk"))


def _total(rows: QuerySet[Any, Any], key: str, aggregate: Count | Sum) -> Coalesce:
    """An aggregate over the rows that belong to the outer row by `key`; 0 where there are none."""
    total = rows.order_by().values(key).annotate(total=aggregate).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)


def _has_slug(model: type[Any]) -> bool:
    return model in {Collection, Galaxy}
