"""Changing and deleting one image, finding it by the library's own number, and telling by its ETag whether it changed."""

import hashlib
import json
import re
from typing import Any

from django.core.validators import URLValidator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.permissions import Verb
from catalog.services.image_edit import delete_image, edit_image
from explorer.api.asking import person_of, validated
from explorer.api.batches import DescriptionSerializer
from explorer.api.codes import PreconditionFailed
from explorer.api.permissions import PolicyFiltered, find_collection
from explorer.api.serializers import ImageDetailSerializer

ETAG = re.compile(r'(?:W/)?"(\d{1,18})\.[0-9a-f]{8}"', re.ASCII)

NAME = OpenApiParameter("name", OpenApiTypes.UUID, "path")
IF_MATCH = OpenApiParameter(
    "If-Match", str, "header", description="The ETag under which it was read; changed since, it is left alone (412)."
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, "header", description="The ETag that one has: 304 if it still holds."
)


class ImageEditSerializer(DescriptionSerializer):
    """What may be changed of an image."""

    source_url = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    hidden = serializers.BooleanField(required=False, help_text="A hidden image leaves what is published.")


class ImageEditMixin(PolicyFiltered):
    """For the view of images."""

    get_object: Any  # the view's, beside this one

    @extend_schema(
        summary="One image",
        description="With an ETag, by which to ask whether it changed, and to change nothing that somebody else has changed.",
        parameters=[NAME, IF_NONE_MATCH],
        responses={200: ImageDetailSerializer, 304: OpenApiResponse(description="It is as you have it.")},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The image, or that it is as the caller knows it."""
        return self._answer(request, self.get_object())

    @extend_schema(
        summary="Change what is said of an image",
        description="Without If-Match the last one wins.",
        parameters=[NAME, IF_MATCH],
        request=ImageEditSerializer,
        responses=ImageDetailSerializer,
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change it, unless somebody else did."""
        image = self.get_object()
        values = validated(ImageEditSerializer, request.data)
        edit_image(image, values, by=person_of(request), expected_number=read_if_match(request))
        return self._answer(request, self.get_object())

    @extend_schema(
        summary="Delete an image",
        description="With all that is known of it; what keeps a copy learns of it from `changes`.",
        parameters=[NAME, IF_MATCH],
        request=None,
        responses={204: OpenApiResponse(description="It is gone.")},
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete it, unless somebody else changed it."""
        image = self.get_object()
        delete_image(image, by=person_of(request), expected_number=read_if_match(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="The image that has the library's own number",
        parameters=[
            OpenApiParameter("collection", str, required=True, description="Slug or uuid."),
            OpenApiParameter("id", str, required=True, description="The external id."),
        ],
        responses=ImageDetailSerializer,
        filters=False,
    )
    @action(detail=False, url_path="by-external-id", pagination_class=None, filterset_class=None)
    def by_external_id(self, request: Request) -> Response:
        """For people of the collection: numbers are the library's."""
        collection = find_collection(request, request.query_params.get("collection", ""), Verb.VIEW)
        given = request.query_params.get("id", "")
        if not given:
            raise serializers.ValidationError({"id": "Expected the library's own number of an image, got none."})
        # One external id is one occurrence, so one image.
        rows = self.get_queryset().filter(
            occurrences__collection=collection, occurrences__external_id=given.replace("\0", "")
        )
        image = rows.first()
        if image is None:
            raise NotFound(f"There is no image with the external id {given[:80]!r} in {collection.slug}.")
        return self._answer(request, image)

    def _answer(self, request: Request, image: Any) -> Response:
        told = ImageDetailSerializer(image, context={"request": request}).data
        etag = make_etag(image.change_number, told)
        if request.method == "GET" and etag in request.headers.get("If-None-Match", ""):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
        return Response(told, headers={"ETag": etag})


def make_etag(number: int, told: Any) -> str:
    """The change number, which If-Match asks for, and a hash of what is told: publishing changes clusters, and no number."""
    body = json.dumps(told, sort_keys=True, default=str).encode()
    return f'"{number}.{hashlib.sha256(body).hexdigest()[:8]}"'


def read_if_match(request: Request) -> int | None:
    """The change number that the caller read; None without `If-Match`, or with `*`. Raises PreconditionFailed for anything else."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    found = ETAG.fullmatch(given)
    if found is None:
        raise PreconditionFailed(
            f"Expected one ETag of an image as If-Match, got {given[:80]!r}. Read the image for it."
        )
    return int(found[1])
