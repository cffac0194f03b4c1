"""Images that look like one of the library's, or like a picture that is held up and not kept."""

from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Collection, Image
from catalog.permissions import Verb, permitted_by_role
from catalog.services.similar import PictureRefusedError, similar_images
from explorer.api.asking import validated
from explorer.api.codes import RoleRequired, TooLarge
from explorer.api.permissions import PolicyFiltered, find_collection
from explorer.api.search import tell_images
from explorer.api.serializers import ImageSerializer

MAX_LIMIT = 500
DEFAULT_LIMIT = 50
FORM_BYTES = 64 * 1024  # what the form may take beside the picture


class AskedSerializer(serializers.Serializer[Any]):
    """How many, and how much alike."""

    limit = serializers.IntegerField(
        required=False, default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT, help_text="The most hits."
    )
    min_score = serializers.FloatField(
        required=False, default=0.0, min_value=0, max_value=1, help_text="The cut-off: the least score of a hit."
    )


class AskedWithPictureSerializer(AskedSerializer):
    """A picture to compare with a collection."""

    collection = serializers.CharField(help_text="Slug or uuid.")
    picture = serializers.FileField(help_text="A picture file in any format that the library takes. It is not kept.")


class SimilarHitSerializer(serializers.Serializer[Any]):
    """An image that looks like it."""

    score = serializers.FloatField(
        help_text="Cosine of what the two look like: 1 is the same picture, unlike ones are near 0."
    )
    image = ImageSerializer()


class SimilarSerializer(serializers.Serializer[Any]):
    """What looks like it."""

    min_score = serializers.FloatField(help_text="The cut-off that was applied.")
    is_exact = serializers.BooleanField(help_text="False in libraries of over 200,000 images: some may be missing.")
    n_compared = serializers.IntegerField(help_text="Images of the collection that have been looked at.")
    hits = SimilarHitSerializer(many=True, help_text="The most alike first.")


DESCRIPTION = "For people with a role in the collection. Exact up to 200,000 images; `is_exact` says when it is not."


class SimilarToImage(PolicyFiltered, APIView):
    """Near an image of the library."""

    def get_rows(self) -> QuerySet[Image]:
        """Images."""
        return Image.objects.select_related("collection", "current_revision")

    @extend_schema(
        summary="Images that look like this one",
        description=DESCRIPTION,
        parameters=[OpenApiParameter("name", OpenApiTypes.UUID, "path"), AskedSerializer],
        responses=SimilarSerializer,
    )
    def get(self, request: Request, name: Any) -> Response:
        """The most alike."""
        asked = validated(AskedSerializer, request.query_params)
        image = permitted_by_role(request.user, Verb.VIEW, self.get_rows().filter(uuid=name)).first()
        if image is None:
            if self.get_queryset().filter(uuid=name).exists():
                raise RoleRequired("This is for people with a role in the image's collection.")
            raise NotFound(f"There is no image {name}, or none that you may see.")
        return _answer(request, image.collection, image=image, **asked)


class SimilarToPicture(PolicyFiltered, APIView):
    """Near a picture from outside."""

    parser_classes = (MultiPartParser,)
    verbs = MappingProxyType({"post": Verb.VIEW})

    def get_rows(self) -> QuerySet[Collection]:
        """Collections; the policy is asked for the one that is named."""
        return Collection.objects.all()

    @extend_schema(
        summary="Images that look like a picture",
        description=f"{DESCRIPTION} The picture is compared and forgotten.",
        request={"multipart/form-data": AskedWithPictureSerializer},
        responses=SimilarSerializer,
    )
    def post(self, request: Request) -> Response:
        """The most alike."""
        max_bytes = settings.GALAXY_MAX_FILE_MB * 1024**2
        told = request.headers.get("Content-Length", "")
        if told.isdecimal() and int(told) > max_bytes + FORM_BYTES:
            raise TooLarge(f"Expected a picture of at most {settings.GALAXY_MAX_FILE_MB} MB.")
        asked = validated(AskedWithPictureSerializer, request.data)
        collection = find_collection(request, asked.pop("collection"), Verb.VIEW)
        picture = asked.pop("picture").read(max_bytes + 1)
        try:
            return _answer(request, collection, picture=picture, **asked)
        except PictureRefusedError as error:
            raise ValidationError({"picture": str(error)}) from error


def _answer(request: Request, collection: Collection, *, limit: int, min_score: float, **what: Any) -> Response:
    # Whoever has a role sees every image of the collection.
    images = Image.objects.filter(collection=collection)
    found = similar_images(collection, images=images, limit=limit, min_score=min_score, **what)
    told = tell_images(request, collection, [image_id for image_id, _score in found.hits])
    return Response(
        {
            "min_score": min_score,
            "is_exact": found.is_exact,
            "n_compared": found.n_compared,
            "hits": [
                {"score": round(score, 4), "image": told[image_id]}
                for image_id, score in found.hits
                if image_id in told
            ],
        }
    )


routes: list[URLPattern | URLResolver] = [
    path("images/<uuid:name>/similar/", SimilarToImage.as_view(), name="image-similar"),
    path("similar/", SimilarToPicture.as_view(), name="similar"),
]
