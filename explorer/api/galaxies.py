"""Galaxies, made and changed: settings, builds, publications, and the jobs that make them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as SettingsError
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.models import Image, Job, Scope
from catalog.permissions import Verb
from catalog.services.cluster_edit import order_tour
from catalog.services.compare import compare_builds
from catalog.services.galaxy_edit import OWNERS_SETTINGS, edit_galaxy, make_galaxy
from catalog.services.jobs import start_job
from explorer.api import clusters, maps
from explorer.api.asking import person_of, validated
from explorer.api.galaxy_serializers import (
    BuildSerializer,
    ComparisonSerializer,
    ForceSerializer,
    GalaxySettingsSerializer,
    JobAnswerSerializer,
    NewGalaxySerializer,
    PublicationSerializer,
    PublishSerializer,
    RollBackSerializer,
    TourDoneSerializer,
    TourSerializer,
    UpdateSerializer,
    WithdrawnSerializer,
    WithdrawSerializer,
)
from explorer.api.idempotency import IdempotentMixin
from explorer.api.maps import find_build
from explorer.api.permissions import find_collection, require_verb
from explorer.api.views import NAME, GalaxyViewSet, PolicyViewSet
from explorer.services import withdraw_images

__all__ = ["routes"]

JOBS: dict[str, str] = {
    "build": "build_galaxy",
    "update_map": "update_galaxy",
    "dry_run": "dry_run_galaxy",
    "publish": "publish_galaxy",
    "roll_back": "roll_back",
}
READING = ("read_settings", "builds", "publications", "compare")
PUBLISHING = ("publish", "roll_back", "withdraw")


class GalaxyDoor(IdempotentMixin, GalaxyViewSet):
    """Galaxies, read and changed."""

    verbs: Mapping[str, Verb] = (
        dict(PolicyViewSet.verbs)
        | dict.fromkeys(("create", "partial_update", "tour", *JOBS, "withdraw"), Verb.CURATE)
        | dict.fromkeys(READING, Verb.CONTRIBUTE)
    )
    scopes: Mapping[str, Scope] = dict.fromkeys(READING, Scope.READ) | dict.fromkeys(PUBLISHING, Scope.PUBLISH)

    @extend_schema(summary="Make a galaxy", request=NewGalaxySerializer, responses={201: GalaxySettingsSerializer})
    def create(self, request: Request) -> Response:
        """Private, unless an owner says otherwise."""
        values = validated(NewGalaxySerializer, request.data)
        collection = find_collection(request, values.pop("collection"), Verb.CURATE)
        if values.get("visibility", "private") != "private":
            require_verb(request, Verb.MANAGE, collection)
        galaxy = _taking_errors(lambda: make_galaxy(collection, by=request.user, values=values))
        return Response(GalaxySettingsSerializer(galaxy).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change settings of a galaxy",
        description="Curators change what makes the map and what is published; slug and visibility are the owner's.",
        request=GalaxySettingsSerializer(partial=True),
        responses=GalaxySettingsSerializer,
        parameters=[NAME],
    )
    def partial_update(self, request: Request, name: str) -> Response:
        """What is left out stays."""
        galaxy = self.get_object()
        values = validated(GalaxySettingsSerializer, request.data, partial=True)
        if OWNERS_SETTINGS & values.keys():
            require_verb(request, Verb.MANAGE, galaxy)
        _taking_errors(lambda: edit_galaxy(galaxy, by=request.user, values=values))
        return Response(GalaxySettingsSerializer(galaxy).data)

    @extend_schema(
        summary="The settings of a galaxy",
        responses=GalaxySettingsSerializer,
        parameters=[NAME],
        operation_id="galaxies_settings",
    )
    def read_settings(self, request: Request, name: str) -> Response:
        """For people who contribute."""
        return Response(GalaxySettingsSerializer(self.get_object()).data)

    @extend_schema(
        summary="Put the clusters into an order",
        request=TourSerializer,
        responses=TourDoneSerializer,
        parameters=[NAME],
    )
    def tour(self, request: Request, name: str) -> Response:
        """In which visitors are led through them."""
        galaxy, values = self.get_object(), validated(TourSerializer, request.data)
        change = order_tour(galaxy, values["clusters"], by=request.user, reason=values["reason"])
        return Response({"change": None if change is None else change.uuid})

    @extend_schema(
        summary="Build the galaxy anew",
        request=ForceSerializer,
        responses={202: JobAnswerSerializer},
        parameters=[NAME],
    )
    def build(self, request: Request, name: str) -> Response:
        """All images, from where they are."""
        return self._start(request, validated(ForceSerializer, request.data))

    @extend_schema(
        summary="Add new images to the map",
        request=UpdateSerializer,
        responses={202: JobAnswerSerializer},
        parameters=[NAME],
    )
    def update_map(self, request: Request, name: str) -> Response:
        """All others stay where they are."""
        values = validated(UpdateSerializer, request.data)
        return self._start(request, {"replace": "stale"} if values["replace"] else {})

    @extend_schema(
        summary="What a build would change", request=None, responses={202: JobAnswerSerializer}, parameters=[NAME]
    )
    def dry_run(self, request: Request, name: str) -> Response:
        """The job's result says it."""
        return self._start(request, {})

    @extend_schema(
        summary="Publish the newest build",
        request=PublishSerializer,
        responses={202: JobAnswerSerializer},
        parameters=[NAME],
    )
    def publish(self, request: Request, name: str) -> Response:
        """Visitors see it when the job is done."""
        values = validated(PublishSerializer, request.data)
        return self._start(request, values if values["despite_safe_search"] else {})

    @extend_schema(
        summary="Go back to an earlier publication",
        request=RollBackSerializer,
        responses={202: JobAnswerSerializer},
        parameters=[NAME],
    )
    def roll_back(self, request: Request, name: str) -> Response:
        """What was withdrawn since stays so."""
        values = validated(RollBackSerializer, request.data)
        if not self.get_object().publications.filter(pk=values["publication"]).exists():
            raise NotFound(f"The galaxy {name} has no publication {values['publication']}, or it is not kept any more.")
        return self._start(request, values)

    @extend_schema(
        summary="Take images out of all that is published",
        description="Hides them in the collection: from the answer on, visitors are refused them. The job rewrites the files.",
        request=WithdrawSerializer,
        responses={202: WithdrawnSerializer},
        parameters=[NAME],
    )
    def withdraw(self, request: Request, name: str) -> Response:
        """At once, and for good unless somebody shows them again."""
        galaxy, values = self.get_object(), validated(WithdrawSerializer, request.data)
        images = Image.objects.filter(collection=galaxy.collection_id, uuid__in=values["images"])
        if missing := len(set(values["images"])) - images.count():
            raise ValidationError(
                {"images": f"Expected images of the galaxy's collection, got {missing} that are none."}
            )
        n_images = withdraw_images(images, by=person_of(request), reason=values["reason"])
        job = Job.objects.filter(galaxy=galaxy, kind="withdraw_images").order_by("-pk").first()
        return _answer(request, None if job is None else job.uuid, n_images=n_images)

    @extend_schema(
        summary="The kept builds of a galaxy", responses=BuildSerializer(many=True), parameters=[NAME], filters=False
    )
    def builds(self, request: Request, name: str) -> Response:
        """Newest first."""
        rows = self.get_object().builds.filter(complete=True).order_by("-number")
        return Response(BuildSerializer(rows, many=True).data)

    @extend_schema(
        summary="The kept publications of a galaxy",
        responses=PublicationSerializer(many=True),
        parameters=[NAME],
        filters=False,
    )
    def publications(self, request: Request, name: str) -> Response:
        """Newest first."""
        rows = self.get_object().publications.select_related("build", "galaxy").order_by("-pk")
        return Response(PublicationSerializer(rows, many=True).data)

    @extend_schema(
        summary="What became of images from one build to another",
        parameters=[
            NAME,
            *(OpenApiParameter(side, int, required=True, description="Number of a build.") for side in "ab"),
        ],
        responses=ComparisonSerializer,
        filters=False,
    )
    def compare(self, request: Request, name: str) -> Response:
        """Pins applied, clusters as they are named and merged today."""
        galaxy = self.get_object()
        before, after = (find_build(galaxy, request.query_params.get(side, ""), side) for side in "ab")
        return Response(compare_builds(before, after).as_json())

    def _start(self, request: Request, params: dict[str, Any]) -> Response:
        galaxy = self.get_object()
        job = start_job(JOBS[self.action], params, by=request.user, collection=galaxy.collection, galaxy=galaxy)
        return _answer(request, job.uuid)


def _taking_errors(deed: Any) -> Any:
    """Do it; what the settings' own rules refuse is wrong input, field by field."""
    try:
        return deed()
    except SettingsError as error:
        raise ValidationError(error.message_dict) from error


def _answer(request: Request, job: UUID | None, **told: Any) -> Response:
    headers = {} if job is None else {"Location": f"{reverse('explorer:api', request=request)}jobs/{job}/"}
    return Response({"job": job, **told}, status=status.HTTP_202_ACCEPTED, headers=headers)


ADDRESSES = {"update_map": "update", "dry_run": "dry-run", "roll_back": "roll-back"}

routes: list[URLPattern | URLResolver] = [
    path("galaxies/", GalaxyDoor.as_view({"get": "list", "post": "create"})),
    path("galaxies/<slug:name>/", GalaxyDoor.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("galaxies/<slug:name>/settings/", GalaxyDoor.as_view({"get": "read_settings"}), name="galaxies-settings"),
    path(
        "galaxies/<slug:name>/builds/",
        GalaxyDoor.as_view({"get": "builds"}, pagination_class=None),
        name="galaxies-builds",
    ),
    path("galaxies/<slug:name>/builds/compare/", GalaxyDoor.as_view({"get": "compare"}), name="galaxies-compare"),
    path(
        "galaxies/<slug:name>/publications/",
        GalaxyDoor.as_view({"get": "publications"}, pagination_class=None),
        name="galaxies-publications",
    ),
    *(
        path(
            f"galaxies/<slug:name>/{ADDRESSES.get(deed, deed)}/",
            GalaxyDoor.as_view({"post": deed}),
            name=f"galaxies-{ADDRESSES.get(deed, deed)}",
        )
        for deed in ("tour", *JOBS, "withdraw")
    ),
    *maps.routes,
    *clusters.routes,
]
