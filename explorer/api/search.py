"""Search and facets."""

import binascii
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import AnnotationStatus, Collection
from catalog.permissions import Verb
from catalog.search import (
    FACETS,
    Selection,
    SelectionError,
    facets,
    search_images,
    select_images,
)
from explorer.api.filters import clusters_shown
from explorer.api.pagination import MAX_PAGE_SIZE
from explorer.api.permissions import PolicyFiltered, find_collection
from explorer.api.places import images_to_tell
from explorer.api.serializers import ImageSerializer

MAX_FACET_VALUES = 50


def _parameter(name: str, kind: Any, description: str, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=description, **options)


SELECTION = [
    _parameter("collection", str, "Slug or uuid of the collection.", required=True),
    _parameter("q", str, "Words, and parts of words from three characters on; every one must be found."),
    _parameter("label", str, "A whole term, in any case."),
    _parameter("source", str, "Who says the label: decision, sidecar, an annotator's name, taught:term."),
    _parameter("min_score", float, "Least score, 0 to 1, of the label; with q alone, of a hit (0.3 unless given)."),
    _parameter("max_score", float, "Greatest score of the label."),
    _parameter("cluster", str, "uuid of a cluster: images that the newest build puts there."),
    _parameter("galaxy", str, "Slug or uuid of a galaxy: images in its newest build."),
    _parameter("faces", bool, "Whether faces were found."),
    _parameter("text", bool, "Whether text was found."),
    _parameter("hidden", bool, "Whether the image is hidden."),
    _parameter("year_from", int, "Taken in that year or later."),
    _parameter("year_to", int, "Taken in that year or earlier."),
    _parameter("status", str, "How far annotation came.", enum=AnnotationStatus.values),
    _parameter(
        "duplicates", str, "Looks nearly like another; smaller: a larger one is there.", enum=["any", "smaller"]
    ),
    _parameter("uuids", str, "These images alone; several with commas."),
]


class FacetSerializer(serializers.Serializer[Any]):
    """One value of a facet."""

    value = serializers.CharField(help_text="As the filter takes it.")
    title = serializers.CharField(help_text="As people call it.")
    n = serializers.IntegerField(help_text="Images that have it.")


FacetsSerializer = type(
    "FacetsSerializer",
    (serializers.Serializer,),
    {"__doc__": "Counts by facet."} | {name: FacetSerializer(many=True, required=False) for name in FACETS},
)


class HitSerializer(serializers.Serializer[Any]):
    """An image that was found."""

    score = serializers.FloatField(help_text="Above 0 and at most 1: how well it matches.")
    field = serializers.ChoiceField(["label", "title", "author", "text"], help_text="Where its weakest word was found.")
    found = serializers.CharField(help_text="The label or word that was found there.")
    image = ImageSerializer()


class SearchSerializer(serializers.Serializer[Any]):
    """A page of hits."""

    min_score = serializers.FloatField(help_text="The cut-off that was applied.")
    next = serializers.URLField(allow_null=True, help_text="The next page; null after the last one.")
    hits = HitSerializer(many=True)
    facets = FacetsSerializer()


class SearchView(PolicyFiltered, APIView):
    """Images by words."""

    link_parameters = ("collection",)

    @extend_schema(
        summary="Images by words and parts of words, best first",
        description="For people with a role in the collection. Looks at labels, titles, creators and the text in pictures. A hit's "
        "score is the best, over these, of weight times match: a label weighs its own score, a title 0.9, a creator 0.8, text 0.6; a "
        "whole word matches by 1, the beginning of one by 0.8, another part by 0.6. Of several words the weakest counts.",
        parameters=[
            *SELECTION,
            _parameter("facets", str, f"What to count, with commas: {', '.join(FACETS)}."),
            _parameter("page_size", int, f"Hits on a page: 1 to {MAX_PAGE_SIZE}, 100 unless said."),
            _parameter("cursor", str, "Where to go on. Follow `next` rather than making one."),
        ],
        responses=SearchSerializer,
    )
    def get(self, request: Request) -> Response:
        """A page of hits, with counts if they are asked for."""
        params = request.query_params
        collection = find_collection(request, params.get("collection", ""), Verb.VIEW)
        selection = read_selection(request, collection)
        if not selection.q:
            raise ValidationError({"q": "Expected words to look for, got none. Lists without words are at /images/."})
        limit = _read_number(params.get("page_size"), "page_size", 100, MAX_PAGE_SIZE)
        names = _read_names(params.get("facets", ""), "facets")
        narrowed = replace(selection, q="", min_score=selection.min_score if selection.asks_for_labels else None)
        # Whoever has a role sees every image of the collection.
        hits = search_images(
            collection,
            selection.q,
            images=None if narrowed.is_empty else select_images(narrowed),
            min_score=selection.cut_off,
            limit=limit + 1,
            after=_read_cursor(params.get("cursor", "")),
        )
        page = hits[:limit]
        told = tell_images(request, collection, [hit.image_id for hit in page])
        following = _address_of(request, page[-1].score, page[-1].image_id) if len(hits) > limit else None
        return Response(
            {
                "min_score": selection.cut_off,
                "next": following,
                "hits": [
                    {"score": hit.score, "field": hit.field, "found": hit.found, "image": told[hit.image_id]}
                    for hit in page
                    if hit.image_id in told
                ],
                "facets": count_facets(collection, selection, names) if names else {},
            }
        )


class FacetsView(PolicyFiltered, APIView):
    """How many images there are of what."""

    link_parameters = ("collection",)

    @extend_schema(
        summary="How many images there are of each label, cluster, year and so on",
        description="For people with a role in the collection. Counts the images that all the filters mean together.",
        parameters=[
            *SELECTION,
            _parameter("names", str, f"What to count, with commas: {', '.join(FACETS)}. All unless given."),
            _parameter("limit", int, f"So many values of each at most: 1 to {MAX_FACET_VALUES}, 50 unless said."),
        ],
        responses=FacetsSerializer,
    )
    def get(self, request: Request) -> Response:
        """The counts."""
        params = request.query_params
        collection = find_collection(request, params.get("collection", ""), Verb.VIEW)
        selection = read_selection(request, collection)
        names = _read_names(params.get("names", ""), "names") or FACETS
        limit = _read_number(params.get("limit"), "limit", MAX_FACET_VALUES, MAX_FACET_VALUES)
        return Response(count_facets(collection, selection, names, limit))


def read_selection(request: Request, collection: Collection) -> Selection:
    """The filter that the address names. A ValidationError that names the parameter when it has a value that it cannot have."""
    try:
        return Selection.from_params(collection, request.query_params)
    except SelectionError as error:
        raise ValidationError({error.field: error.message}) from error


def tell_images(request: Request, collection: Collection, image_ids: Sequence[int]) -> dict[int, Any]:
    """What the API tells of these images of a collection to somebody with a role in it, by id: three queries."""
    clusters = clusters_shown(request.user, request.query_params)
    rows = list(images_to_tell(request.user, clusters, known=collection).filter(pk__in=image_ids).order_by())
    told = ImageSerializer(rows, many=True, context={"request": request}).data
    return {image.pk: data for image, data in zip(rows, told, strict=True)}


def count_facets(
    collection: Collection, selection: Selection, names: Sequence[str], limit: int = MAX_FACET_VALUES
) -> dict[str, list[dict[str, Any]]]:
    """The counts as JSON."""
    found = facets(collection, selection, names=names, limit=limit)
    return {name: [asdict(facet) for facet in rows] for name, rows in found.items()}


def _read_names(text: str, field: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in FACETS:
            raise ValidationError({field: f"Expected some of {', '.join(FACETS)}, got {name[:40]!r}."})
    return names


def _read_number(text: str | None, field: str, default: int, most: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= most):
        raise ValidationError({field: f"Expected a whole number from 1 to {most}, got {text[:40]!r}."})
    return int(text)


def _address_of(request: Request, score: float, image_id: int) -> str:
    """This search from the hit after this one on."""
    query = request.query_params.copy()
    query["cursor"] = urlsafe_b64encode(json.dumps([score, image_id]).encode()).decode()
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))


def _read_cursor(text: str) -> tuple[float, int] | None:
    if not text:
        return None
    try:
        score, image_id = json.loads(urlsafe_b64decode(text.encode()))
        is_ours = isinstance(score, float | int) and math.isfinite(score) and type(image_id) is int
    except (ValueError, TypeError, RecursionError, binascii.Error):
        is_ours = False
    if not is_ours or not 0 <= image_id < 2**63:
        raise ValidationError(
            {"cursor": "Expected a cursor from a link `next` of this search. Begin again without one."}
        )
    return float(score), image_id


routes: list[URLPattern | URLResolver] = [
    path("search/", SearchView.as_view(), name="search"),
    path("facets/", FacetsView.as_view(), name="facets"),
]
