"""Clusters, changed: named, coloured, hidden, merged, divided, and images pinned to them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Change, Cluster, Image
from catalog.permissions import Verb
from catalog.services.cluster_edit import edit_cluster, merge_clusters, pin_images, split_cluster, unpin_images
from catalog.services.cluster_parts import MAX_PARTS
from explorer.api.asking import validated
from explorer.api.idempotency import IdempotentMixin
from explorer.api.serializers import ClusterSerializer
from explorer.api.views import ClusterViewSet, PolicyViewSet

__all__ = ["routes"]

MAX_IMAGES = 1000
UUID_PARAMETER = OpenApiParameter("name", OpenApiTypes.UUID, OpenApiParameter.PATH)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why, in one's own words; kept with the change."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ClusterEditSerializer(ReasonSerializer):
    """What is to be otherwise; what is left out stays."""

    name = serializers.CharField(max_length=200, required=False)
    colour = serializers.RegexField(r"^#[0-9a-f]{6}$", required=False, help_text="As #rrggbb, in small letters.")
    description = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    hidden = serializers.BooleanField(
        required=False, help_text="Hidden, it leaves what is published as soon as it can."
    )
    tour_order = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    cover = serializers.UUIDField(
        required=False, allow_null=True, help_text="An image of the collection; null for none."
    )


class MergeSerializer(ReasonSerializer):
    """Clusters of one galaxy."""

    into = serializers.UUIDField(help_text="The cluster that stays, with its name, colour and description.")
    others = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=255)


class SplitSerializer(ReasonSerializer):
    """Into how many parts, or which images become a cluster."""

    n = serializers.IntegerField(
        min_value=2, max_value=MAX_PARTS, default=2, help_text="Not used where images are given."
    )
    images = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_IMAGES, required=False)
    name = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of the one new cluster; else its labels name it.",
    )


class PinSerializer(ReasonSerializer):
    """Which images."""

    images = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_IMAGES)


class DoneSerializer(serializers.Serializer[Any]):
    """What came of it."""

    change = serializers.UUIDField(
        allow_null=True, help_text="The change, which can be undone; null where it was so already."
    )
    n_images = serializers.IntegerField(help_text="Images that it is about.")


class SplitDoneSerializer(serializers.Serializer[Any]):
    """The clusters that are new."""

    clusters = ClusterSerializer(many=True)


class ClusterDoor(IdempotentMixin, ClusterViewSet):
    """Clusters, read and changed."""

    verbs: Mapping[str, Verb] = dict(PolicyViewSet.verbs) | dict.fromkeys(
        ("partial_update", "merge", "split", "pin", "unpin"), Verb.CURATE
    )

    @extend_schema(
        summary="Rename, colour, describe, hide, order a cluster, or choose its cover",
        request=ClusterEditSerializer,
        responses=ClusterSerializer,
        parameters=[UUID_PARAMETER],
    )
    def partial_update(self, request: Request, name: str) -> Response:
        """Say something of it."""
        cluster = self.get_object()
        values = validated(ClusterEditSerializer, request.data)
        reason = values.pop("reason")
        if values.get("cover") is not None:
            values["cover"] = _find_images(cluster, [values["cover"]], "cover").get()
        edit_cluster(cluster, by=request.user, reason=reason, **values)
        return Response(self._show(cluster))

    @extend_schema(
        summary="Merge clusters of one galaxy", request=MergeSerializer, responses=DoneSerializer, filters=False
    )
    def merge(self, request: Request) -> Response:
        """One stays, the others lie dormant."""
        values = validated(MergeSerializer, request.data)
        into = self._find(values["into"])
        change = merge_clusters(
            into, [self._find(uuid) for uuid in values["others"]], by=request.user, reason=values["reason"]
        )
        return Response(_done(change))

    @extend_schema(
        summary="Divide a cluster",
        request=SplitSerializer,
        responses={201: SplitDoneSerializer},
        parameters=[UUID_PARAMETER],
    )
    def split(self, request: Request, name: str) -> Response:
        """By its places on the map, or by the images given."""
        cluster = self.get_object()
        values = validated(SplitSerializer, request.data)
        if "images" in values:
            values["images"] = _find_images(cluster, values["images"])
        made = split_cluster(cluster, by=request.user, **values)
        return Response({"clusters": [self._show(new) for new in made]}, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Say that images belong to a cluster",
        request=PinSerializer,
        responses=DoneSerializer,
        parameters=[UUID_PARAMETER],
    )
    def pin(self, request: Request, name: str) -> Response:
        """Whatever builds find."""
        cluster = self.get_object()
        values = validated(PinSerializer, request.data)
        images = _find_images(cluster, values["images"])
        return Response(_done(pin_images(cluster, images, by=request.user, reason=values["reason"])))

    @extend_schema(
        summary="Let builds say again where images belong that are pinned to a cluster",
        request=PinSerializer,
        responses=DoneSerializer,
        parameters=[UUID_PARAMETER],
    )
    def unpin(self, request: Request, name: str) -> Response:
        """Those of them that are pinned to it."""
        cluster = self.get_object()
        values = validated(PinSerializer, request.data)
        images = _find_images(cluster, values["images"]).filter(pk__in=cluster.pins.values("image"))
        change = None
        if images.exists():
            change = unpin_images(cluster.galaxy, images, by=request.user, reason=values["reason"])
        return Response(_done(change))

    def _find(self, uuid: UUID) -> Cluster:
        """A cluster that the body names, asked for like one of the address."""
        cluster: Cluster | None = self.get_queryset().filter(uuid=uuid).first()
        if cluster is None:
            raise NotFound(f"There is no cluster {uuid}, or none that you may see.")
        self.check_object_permissions(self.request, cluster)
        return cluster

    def _show(self, cluster: Cluster) -> Any:
        return ClusterSerializer(self.get_queryset().get(pk=cluster.pk), context=self.get_serializer_context()).data


def _find_images(cluster: Cluster, uuids: list[UUID], field: str = "images") -> QuerySet[Image]:
    """Images of the cluster's collection; a ValidationError, which tells of no other collection, where some are none."""
    images = Image.objects.filter(collection=cluster.galaxy.collection_id, uuid__in=uuids)
    if missing := len(set(uuids)) - images.count():
        raise ValidationError(
            {field: f"Expected images of the cluster's collection, got {missing} that are none. Leave them out."}
        )
    return images


def _done(change: Change | None) -> dict[str, Any]:
    return {"change": None if change is None else change.uuid, "n_images": 0 if change is None else change.n_images}


routes: list[URLPattern | URLResolver] = [
    path("clusters/merge/", ClusterDoor.as_view({"post": "merge"}), name="clusters-merge"),
    path("clusters/<slug:name>/", ClusterDoor.as_view({"get": "retrieve", "patch": "partial_update"})),
    *(
        path(f"clusters/<slug:name>/{deed}/", ClusterDoor.as_view({"post": deed}), name=f"clusters-{deed}")
        for deed in ("split", "pin", "unpin")
    ),
]
