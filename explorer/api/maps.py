"""What the published galaxy says as data: who is near whom, and where everybody is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import FileResponse
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Build, Galaxy, Image, Scope
from catalog.permissions import Verb, permitted
from explorer.api.filters import clusters_shown
from explorer.api.permissions import require_verb
from explorer.api.places import find_places
from explorer.api.views import NAME, GalaxyViewSet, PolicyViewSet
from explorer.names import is_uuid
from explorer.services.neighbours import N_NEIGHBOURS, find_neighbours
from explorer.services.positions import CONTENT_TYPES, write_positions

__all__ = ["routes"]


class JsonWhateverFormat(DefaultContentNegotiation):
    """Problems are JSON; what `?format=` says is about the file, not about DRF's renderers."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first, which is JSON."""
        return renderers[0], renderers[0].media_type


class NeighbourSerializer(serializers.Serializer[Any]):
    """An image, and how alike it is."""

    image = serializers.UUIDField()
    similarity = serializers.FloatField(min_value=-1, max_value=1, help_text="Cosine, to within 1/255.")


class NeighboursSerializer(serializers.Serializer[Any]):
    """Who is near."""

    image = serializers.UUIDField()
    neighbours = NeighbourSerializer(many=True)


class GalaxyMapDoor(GalaxyViewSet):
    """The map of a galaxy, as its visitors may have it."""

    verbs: Mapping[str, Verb] = dict(PolicyViewSet.verbs) | dict.fromkeys(("neighbours", "positions"), Verb.VIEW)
    content_negotiation_class = JsonWhateverFormat

    @extend_schema(
        summary="The images most alike to one, in the galaxy's own space",
        description="As the current publication says, exactly, of those that may be shown today. At most twelve.",
        parameters=[
            NAME,
            OpenApiParameter("image", OpenApiTypes.UUID, required=True),
            OpenApiParameter("n", {"type": "integer", "minimum": 1, "maximum": N_NEIGHBOURS, "default": N_NEIGHBOURS}),
        ],
        responses=NeighboursSerializer,
        filters=False,
    )
    def neighbours(self, request: Request, name: str) -> Response:
        """Those that the person may see."""
        galaxy: Galaxy = self.get_object()
        wanted, n = request.query_params.get("image", ""), request.query_params.get("n", str(N_NEIGHBOURS))
        if not is_uuid(wanted):
            raise ValidationError({"image": f"Expected the uuid of an image, got {wanted[:80]!r}."})
        if not (n.isascii() and n.isdecimal() and 1 <= int(n[:9]) <= N_NEIGHBOURS):
            raise ValidationError({"n": f"Expected a whole number from 1 to {N_NEIGHBOURS}, got {n[:40]!r}."})
        image = UUID(wanted)
        found = find_neighbours(galaxy, image)
        told = set() if found is None else self._may_see(galaxy, [image, *(uuid for uuid, _similarity in found)])
        if found is None or image not in told:
            raise NotFound(f"The galaxy {name} shows no image {image}, or none that you may see.")
        near = [{"image": uuid, "similarity": similarity} for uuid, similarity in found if uuid in told]
        return Response({"image": image, "neighbours": near[: int(n)]})

    @extend_schema(
        summary="Where a galaxy shows its images, as one table",
        description="Columns uuid (16 bytes), x, y, z, flat_x, flat_y (float32), cluster (a dictionary), cluster_uuid (16 bytes). "
        "What is hidden or not safe for everybody is left out. People who contribute may ask for any kept build by its number.",
        parameters=[
            NAME,
            OpenApiParameter("format", str, enum=list(CONTENT_TYPES), default="arrow"),
            OpenApiParameter("build", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}),
        ],
        responses={(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT_TYPES.values()},
        filters=False,
    )
    def positions(self, request: Request, name: str) -> FileResponse:
        """A file of the published build, or of another one for people of the house."""
        galaxy: Galaxy = self.get_object()
        fmt = request.query_params.get("format", "arrow")
        if fmt not in CONTENT_TYPES:
            raise ValidationError({"format": f"Expected {' or '.join(CONTENT_TYPES)}, got {fmt[:40]!r}."})
        build = self._choose_build(request, galaxy)
        return FileResponse(
            write_positions(galaxy, build, fmt),
            as_attachment=True,
            filename=f"{galaxy.slug}-build-{build.number}.{fmt}",
            content_type=CONTENT_TYPES[fmt],
        )

    def _may_see(self, galaxy: Galaxy, uuids: list[UUID]) -> set[UUID]:
        """Which of these images the person may see in this galaxy today."""
        clusters = clusters_shown(self.request.user, {"galaxy": str(galaxy.uuid) if self.is_by_link() else galaxy.slug})
        places = find_places(clusters, galaxy=galaxy)
        images = Image.objects.filter(uuid__in=uuids, pk__in=places.filter(image__uuid__in=uuids).values("image"))
        return set(
            permitted(self.request.user, Verb.VIEW, images, by_link=self.is_by_link()).values_list("uuid", flat=True)
        )

    def _choose_build(self, request: Request, galaxy: Galaxy) -> Build:
        number = request.query_params.get("build", "")
        if not number:
            if galaxy.current_publication is None:
                raise NotFound(f"Nothing of the galaxy {galaxy.slug} is published.")
            return galaxy.current_publication.build
        require_verb(request, Verb.CONTRIBUTE, galaxy, scope=Scope.READ)
        return find_build(galaxy, number, "build")


def find_build(galaxy: Galaxy, number: str, field: str) -> Build:
    """The kept build of that number. A ValidationError when it is no number, NotFound when there is none."""
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise ValidationError({field: f"Expected the number of a build, got {number[:40]!r}."})
    build = galaxy.builds.filter(complete=True, number=int(number)).first()
    if build is None:
        raise NotFound(f"The galaxy {galaxy.slug} has no build {number}, or it is not kept any more.")
    return build


routes: list[URLPattern | URLResolver] = [
    path("galaxies/<slug:name>/neighbours/", GalaxyMapDoor.as_view({"get": "neighbours"}), name="galaxies-neighbours"),
    path("galaxies/<slug:name>/positions/", GalaxyMapDoor.as_view({"get": "positions"}), name="galaxies-positions"),
]
