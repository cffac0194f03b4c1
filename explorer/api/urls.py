"""Addresses of the API, below /api/v1/."""

from django.urls import URLPattern, URLResolver, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from explorer.api import (
    decisions,
    exports,
    galaxies,
    jobs,
    keys,
    search,
    similar,
    sync,
    taught,
    uploads,
    views,
)
from explorer.api.permissions import OpenToAll
from explorer.api.problems import ProblemList, UnknownAddress
from explorer.api.schema import SchemaPage

LISTS = ("collections", "images", "labels", "clusters", "galaxies")


class ApiRoot(APIView):
    """Where everything is."""

    permission_classes: list[type[BasePermission]] = [OpenToAll]
    schema = None

    def get(self, request: Request) -> Response:
        """The lists, the schema and its page."""
        lists = {name: reverse(f"explorer:{name}-list", request=request) for name in LISTS}
        pages = {name: reverse(f"explorer:{name}", request=request) for name in ("schema", "docs")}
        return Response(lists | pages)


router = SimpleRouter(use_regex_path=False)
router.register("collections", views.CollectionViewSet, basename="collections")
router.register("images", views.ImageViewSet, basename="images")
router.register("labels", views.LabelViewSet, basename="labels")
router.register("clusters", views.ClusterViewSet, basename="clusters")
router.register("galaxies", views.GalaxyViewSet, basename="galaxies")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", ApiRoot.as_view(), name="api"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[OpenToAll]), name="schema"),
    path("problems/", ProblemList.as_view(), name="problems"),
    path("docs/", SchemaPage.as_view(permission_classes=[OpenToAll]), name="docs"),
    # Before the lists: images/by-external-id/ is no image's name.
    *(
        route
        for module in (uploads, sync, jobs, decisions, taught, similar, search, galaxies, exports, keys)
        for route in module.routes
    ),
    *router.urls,
    # Ends in a slash, so that an address that lacks only that is still redirected to where it has one.
    re_path(r"^.*/$", UnknownAddress.as_view()),
]
