"""Labels that are taught by example: trained, looked through by score, judged on a sample, accepted, retired."""

from types import MappingProxyType
from typing import Any

import django_filters
import numpy as np
from django.db.models import Prefetch, QuerySet
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Image, Job, JudgedSample, Scope, TaughtLabel, TaughtVersion
from catalog.permissions import Verb
from catalog.services.jobs import start_job
from catalog.services.teach import (
    LEAST_ACCEPTS,
    SAMPLE_SIZE,
    accept_version,
    choose_cut_off,
    draw_sample,
    judge,
    retire,
    score_images,
    waiting_sample,
)
from catalog.terms import MAX_TERM_LENGTH
from explorer.api.asking import person_of, validated
from explorer.api.filters import NamedFilterSet
from explorer.api.jobs import JobStartedSerializer
from explorer.api.permissions import PolicyFiltered, find_collection

PAGE_SIZE = 100
MAX_PAGE = 100_000


class TaughtVersionSerializer(serializers.ModelSerializer[TaughtVersion]):
    """One training: what it learned from, and how right it is."""

    is_current = serializers.SerializerMethodField(help_text="Whether it is the one that labels.")

    class Meta:
        model = TaughtVersion
        fields = [
            "number",
            "is_current",
            "made_at",
            "n_accepts",
            "n_rejects",
            "cut_off",
            "n_above",
            "n_judged",
            "precision",
            "precision_low",
            "precision_high",
            "accepted_at",
        ]
        read_only_fields = fields

    def get_is_current(self, version: TaughtVersion) -> bool:
        """By the label that it is a version of."""
        return version.taught.current_version_id == version.pk


class TaughtLabelSerializer(serializers.ModelSerializer[TaughtLabel]):
    """A term that a collection was taught."""

    collection = serializers.CharField(source="collection.slug", read_only=True)
    term = serializers.CharField(source="label.term", read_only=True)
    annotator = serializers.CharField(read_only=True, help_text="The source of its labels, taught:term.")
    versions = serializers.SerializerMethodField(help_text="The newest first.")

    class Meta:
        model = TaughtLabel
        fields = ["uuid", "collection", "term", "annotator", "created_at", "versions"]
        read_only_fields = fields

    @extend_schema_field(TaughtVersionSerializer(many=True))
    def get_versions(self, taught: TaughtLabel) -> Any:
        """Fetched beforehand."""
        return TaughtVersionSerializer(taught.versions.all(), many=True).data


class TeachSerializer(serializers.Serializer[Any]):
    """Which label to learn."""

    collection = serializers.CharField(help_text="Slug or uuid.")
    term = serializers.CharField(max_length=MAX_TERM_LENGTH)


class VersionSerializer(serializers.Serializer[Any]):
    """Which version is meant."""

    version = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="The newest unless said."
    )


class CutOffSerializer(VersionSerializer):
    """From which score on an image gets the label."""

    cut_off = serializers.FloatField(min_value=0, max_value=1)


class JudgedSerializer(serializers.Serializer[Any]):
    """A person's word on one image of the sample."""

    image = serializers.UUIDField()
    is_right = serializers.BooleanField()


class SampleSerializer(VersionSerializer):
    """What was judged; nothing to draw a sample."""

    verdicts = serializers.ListField(child=JudgedSerializer(), required=False, min_length=1, max_length=1000)


class ScoredSerializer(serializers.Serializer[Any]):
    """An image and how sure the taught label is of it."""

    image = serializers.UUIDField()
    score = serializers.FloatField(help_text="0 to 1.")


class DrawnSerializer(serializers.Serializer[Any]):
    """A sample, and what is known by judging it."""

    version = TaughtVersionSerializer()
    waiting = ScoredSerializer(many=True, help_text="Images that nobody has judged yet.")


class ScoresSerializer(serializers.Serializer[Any]):
    """A page of a collection by score."""

    cut_off = serializers.FloatField()
    n_above = serializers.IntegerField(help_text="Images at or above the cut-off.")
    n_scored = serializers.IntegerField(help_text="Images that have been looked at.")
    images = ScoredSerializer(many=True, help_text="The surest first.")


class TaughtFilterSet(NamedFilterSet):
    """Narrows the list of taught labels."""

    collection = django_filters.CharFilter(method="in_collection", help_text="Slug or uuid of the collection.")


WHICH = OpenApiParameter("version", OpenApiTypes.INT, description="The newest unless said.")


@extend_schema_view(
    list=extend_schema(summary="Taught labels of the collections that you contribute to"),
    retrieve=extend_schema(summary="One taught label with its versions"),
)
class TaughtViewSet(
    PolicyFiltered, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[TaughtLabel]
):
    """Labels by example."""

    serializer_class = TaughtLabelSerializer
    filterset_class = TaughtFilterSet
    lookup_field = "uuid"
    verbs = MappingProxyType(
        {
            **dict.fromkeys(("list", "retrieve", "scores", "sample"), Verb.VIEW),
            **dict.fromkeys(("create", "train", "cut_off", "judge", "accept", "retire"), Verb.CURATE),
        }
    )
    scopes = MappingProxyType(dict.fromkeys(("train", "cut_off", "judge", "accept", "retire"), Scope.WRITE))

    def get_rows(self) -> QuerySet[TaughtLabel]:
        """Taught labels with their versions: two queries."""
        versions = TaughtVersion.objects.select_related("taught").defer("weights")
        return TaughtLabel.objects.select_related("collection", "label").prefetch_related(
            Prefetch("versions", versions)
        )

    @extend_schema(
        summary="Teach a label",
        description=f"Learns it from the decisions about it: at least {LEAST_ACCEPTS} images accepted or added, and some rejected. The "
        "job's result names the taught label and the new version, which labels nothing until it is accepted.",
        request=TeachSerializer,
        responses={202: JobStartedSerializer},
    )
    def create(self, request: Request) -> Response:
        """Start the training."""
        asked = validated(TeachSerializer, request.data)
        collection = find_collection(request, asked["collection"], Verb.CURATE)
        return _answer(start_job("train_label", {"term": asked["term"]}, by=person_of(request), collection=collection))

    @extend_schema(summary="Train it again", request=None, responses={202: JobStartedSerializer})
    def train(self, request: Request, uuid: str) -> Response:
        """From the decisions that there are by now."""
        taught = self.get_object()
        params = {"term": taught.label.term}
        return _answer(start_job("train_label", params, by=person_of(request), collection=taught.collection))

    @extend_schema(
        summary="The collection by score",
        parameters=[WHICH, OpenApiParameter("page", OpenApiTypes.INT, description=f"From 1; {PAGE_SIZE} images each.")],
        responses=ScoresSerializer,
        filters=False,
    )
    def scores(self, request: Request, uuid: str) -> Response:
        """A page of it."""
        version = _version_of(self.get_object(), _number(request, "version", 2**31 - 1))
        page = _number(request, "page", MAX_PAGE) or 1
        scored = score_images(version)
        part = slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
        ids = scored.image_ids[part].tolist()
        uuids = dict(Image.objects.filter(pk__in=ids).values_list("pk", "uuid"))
        pairs = zip(ids, np.round(scored.scores[part].astype(float), 4).tolist(), strict=True)
        return Response(
            {
                "cut_off": version.cut_off,
                "n_above": scored.count_above(version.cut_off),
                "n_scored": len(scored.scores),
                "images": [{"image": uuids[pk], "score": score} for pk, score in pairs if pk in uuids],
            }
        )

    @extend_schema(
        summary="The sample that waits to be judged", parameters=[WHICH], responses=DrawnSerializer, filters=False
    )
    def sample(self, request: Request, uuid: str) -> Response:
        """What was drawn and not judged."""
        version = _version_of(self.get_object(), _number(request, "version", 2**31 - 1))
        return _tell(version, waiting_sample(version))

    @extend_schema(
        summary="Draw a sample, or judge it",
        description=f"Without verdicts {SAMPLE_SIZE} images are drawn at random from above the cut-off, unless some still wait. With "
        "verdicts they become decisions, and the precision with its 95 % interval (Wilson) is told.",
        request=SampleSerializer,
        responses=DrawnSerializer,
    )
    def judge(self, request: Request, uuid: str) -> Response:
        """Draw or judge."""
        asked = validated(SampleSerializer, request.data)
        version = _version_of(self.get_object(), asked.get("version"))
        if "verdicts" not in asked:
            return _tell(version, draw_sample(version))
        said = {item["image"]: item["is_right"] for item in asked["verdicts"]}
        ids = dict(Image.objects.filter(uuid__in=said, collection=version.taught.collection).values_list("uuid", "pk"))
        if missing := [str(image) for image in said if image not in ids]:
            raise ValidationError({"verdicts": f"There is no image {missing[0]} in this collection."})
        judge(version, {ids[image]: is_right for image, is_right in said.items()}, by=person_of(request))
        return _tell(version, waiting_sample(version))

    @extend_schema(
        summary="Choose the cut-off",
        description="Images from this score on get the label. 202 where the version is in use: a job applies it.",
        request=CutOffSerializer,
        responses={200: TaughtVersionSerializer, 202: JobStartedSerializer},
    )
    def cut_off(self, request: Request, uuid: str) -> Response:
        """Choose it."""
        asked = validated(CutOffSerializer, request.data)
        version = _version_of(self.get_object(), asked.get("version"))
        job = choose_cut_off(version, asked["cut_off"], by=person_of(request))
        return _answer(job) if job else Response(TaughtVersionSerializer(version).data)

    @extend_schema(
        summary="Let a version label the collection",
        description="In place of an earlier version; later imports are labelled, too. What people decided wins over it.",
        request=VersionSerializer,
        responses={202: JobStartedSerializer},
    )
    def accept(self, request: Request, uuid: str) -> Response:
        """Accept it."""
        version = _version_of(self.get_object(), validated(VersionSerializer, request.data).get("version"))
        return _answer(accept_version(version, by=person_of(request)))

    @extend_schema(summary="Let it say nothing more", request=None, responses={202: JobStartedSerializer})
    def retire(self, request: Request, uuid: str) -> Response:
        """Take back what it said; decisions and versions stay."""
        return _answer(retire(self.get_object(), by=person_of(request)))


def _version_of(taught: TaughtLabel, number: int | None) -> TaughtVersion:
    versions = TaughtVersion.objects.filter(taught=taught).select_related("taught__label", "taught__collection")
    version = (versions if number is None else versions.filter(number=number)).order_by("-number").first()
    if version is None:
        raise NotFound(f"“{taught}” has no version {number or ''}".rstrip() + ".")
    return version


def _tell(version: TaughtVersion, waiting: list[JudgedSample]) -> Response:
    rows = [{"image": sample.image.uuid, "score": round(sample.score, 4)} for sample in waiting]
    return Response({"version": TaughtVersionSerializer(version).data, "waiting": rows})


def _answer(job: Job) -> Response:
    return Response({"job": str(job.uuid)}, status=status.HTTP_202_ACCEPTED)


def _number(request: Request, name: str, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:12]) <= most):
        raise ValidationError({name: f"Expected a whole number from 1 to {most}, got {text[:40]!r}."})
    return int(text)


routes: list[URLPattern | URLResolver] = [
    path("taught/", TaughtViewSet.as_view({"get": "list", "post": "create"}), name="taught-list"),
    path("taught/<uuid:uuid>/", TaughtViewSet.as_view({"get": "retrieve"}), name="taught-detail"),
    path("taught/<uuid:uuid>/train/", TaughtViewSet.as_view({"post": "train"}), name="taught-train"),
    path("taught/<uuid:uuid>/scores/", TaughtViewSet.as_view({"get": "scores"}), name="taught-scores"),
    path("taught/<uuid:uuid>/sample/", TaughtViewSet.as_view({"get": "sample", "post": "judge"}), name="taught-sample"),
    path("taught/<uuid:uuid>/cut-off/", TaughtViewSet.as_view({"post": "cut_off"}), name="taught-cut-off"),
    path("taught/<uuid:uuid>/accept/", TaughtViewSet.as_view({"post": "accept"}), name="taught-accept"),
    path("taught/<uuid:uuid>/retire/", TaughtViewSet.as_view({"post": "retire"}), name="taught-retire"),
]
