"""What changed in a collection since somebody last asked."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, Q
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Image, Occurrence, Tombstone
from catalog.permissions import Verb
from catalog.services.sync import CursorError, changes_since
from explorer.api.pagination import MAX_PAGE_SIZE
from explorer.api.permissions import find_collection
from explorer.api.serializers import ImageSerializer, attach_labels
from explorer.api.views import ImageViewSet


class ChangedImageSerializer(serializers.Serializer[Any]):
    """An image that was added or changed, or that is gone."""

    uuid = serializers.UUIDField()
    change_number = serializers.IntegerField(help_text="The collection's clock.")
    deleted = serializers.BooleanField()
    external_ids = serializers.ListField(child=serializers.CharField(), help_text="The library's own numbers for it.")
    image = ImageSerializer(allow_null=True, help_text="As it is now; null when it is gone.")


class ChangesSerializer(serializers.Serializer[Any]):
    """One page."""

    results = ChangedImageSerializer(many=True)
    cursor = serializers.CharField(help_text="Keep it, and send it the next time.", allow_blank=True)
    has_more = serializers.BooleanField(help_text="Whether there is more already.")


class ChangesView(ImageViewSet):
    """The images of a collection in the order in which they changed."""

    verbs: Mapping[str, Verb] = {"changes": Verb.VIEW}

    @extend_schema(
        operation_id="collections_changes",
        summary="What changed since a cursor",
        description="Begins with all images; whoever keeps the last cursor and asks again, on whichever day, misses nothing. An image that "
        "changes twice may come twice. For people with a role in the collection.",
        parameters=[
            OpenApiParameter("name", str, "path", description="Slug or uuid."),
            OpenApiParameter("cursor", str, description="Of the last answer; none begins at the beginning."),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": 100}),
        ],
        responses=ChangesSerializer,
        filters=False,
    )
    def changes(self, request: Request, name: str) -> Response:
        """One page of them."""
        collection = find_collection(request, name, Verb.VIEW)
        numbered = Prefetch(
            "occurrences", Occurrence.objects.filter(~Q(external_id="")).order_by("pk"), to_attr="numbered"
        )
        try:
            page = changes_since(
                collection,
                request.query_params.get("cursor", ""),
                limit=_read_limit(request),
                images=self.get_queryset().prefetch_related(numbered),
            )
        except CursorError as error:
            raise ValidationError({"cursor": str(error)}) from error
        images = [row for row in page.rows if isinstance(row, Image)]
        attach_labels(images)
        told = ImageSerializer(images, many=True, context=self.get_serializer_context()).data
        by_id = {image.pk: one for image, one in zip(images, told, strict=True)}
        rows = [_tell(row, by_id) for row in page.rows]
        return Response({"results": rows, "cursor": page.cursor, "has_more": page.has_more})


def _tell(row: Image | Tombstone, images: Mapping[int, Any]) -> dict[str, Any]:
    told = {"uuid": str(row.uuid), "change_number": row.change_number}
    if isinstance(row, Tombstone):
        return {**told, "deleted": True, "external_ids": row.external_ids, "image": None}
    external_ids = [occurrence.external_id for occurrence in row.numbered]  # type: ignore[attr-defined]  # prefetched
    return {**told, "deleted": False, "external_ids": external_ids, "image": images[row.pk]}


def _read_limit(request: Request) -> int:
    value = request.query_params.get("limit", "100")
    if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= MAX_PAGE_SIZE):
        raise ValidationError({"limit": f"Expected a whole number from 1 to {MAX_PAGE_SIZE}, got {value[:40]!r}."})
    return int(value)


routes: list[URLPattern | URLResolver] = [
    path("collections/<slug:name>/changes/", ChangesView.as_view({"get": "changes"}), name="collection-changes"),
]
