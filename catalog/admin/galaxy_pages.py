"""A galaxy's own pages: the order of its tour, and two of its builds beside each other."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from catalog.admin.build_panels import build_maps, build_side
from catalog.admin.build_quality import compare_measures
from catalog.admin.changelist import PageAdmin
from catalog.admin.pictures import thumbnails
from catalog.admin.policy import may, person_of
from catalog.admin.shown_builds import count_images, find_covers
from catalog.models import Build, Galaxy
from catalog.permissions import Verb, permitted_by_role
from catalog.services.cluster_edit import order_tour
from catalog.services.compare import compare_builds
from catalog.services.errors import ServiceError

__all__ = ["GalaxyPages"]


class GalaxyPages(PageAdmin[Galaxy]):
    """The admin of galaxies, with `<id>/tour/` and `<id>/compare/`."""

    change_form_template = "admin/catalog/galaxy/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Adds the pages."""
        pages: dict[str, Callable[..., HttpResponse]] = {"tour": self.tour_view, "compare": self.compare_view}
        return [
            *(
                path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"catalog_galaxy_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, obj: Galaxy) -> dict[str, Any]:
        """The ways to the pages."""
        n_builds = obj.builds.filter(complete=True).count()
        ways = {
            "may_order": may(request, Verb.CURATE, obj),
            "may_compare": n_builds > 1 and may(request, Verb.CONTRIBUTE, obj),
        }
        return super().page_context(request, obj) | ways

    def tour_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The clusters in the order in which visitors are led through them; posted, that order is kept."""
        galaxy = self._find(request, Verb.CURATE, pk)
        if request.method == "POST":
            try:
                changed = order_tour(galaxy, _read_order(request), by=person_of(request))
            except ServiceError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                text = "The tour has a new order; visitors see it after the next publication."
                self.message_user(request, text if changed else "The tour was in this order already.", messages.SUCCESS)
            return redirect(request.path)
        clusters = list(galaxy.clusters.order_by("tour_order", "pk"))
        sizes, pictures = count_images(clusters), find_covers(clusters, n_covers=3)
        rows = [
            {"cluster": cluster, "n_images": sizes[cluster.pk], "covers": thumbnails(pictures.get(cluster.pk, []))}
            for cluster in clusters
            if cluster.pk in sizes
        ]
        return self._answer(request, galaxy, "tour", {"rows": rows, "title": f"{galaxy.title}: tour"})

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What became of images and clusters from one build to another, the last two unless others are asked for."""
        galaxy = self._find(request, Verb.CONTRIBUTE, pk)
        builds = list(galaxy.builds.filter(complete=True).order_by("-number"))
        if len(builds) < 2:
            raise Http404("There are no two builds to compare.")
        before = _choose(builds, request.GET.get("a"), builds[1])
        after = _choose(builds, request.GET.get("b"), builds[0])
        context: dict[str, Any] = {"builds": builds, "before": before, "after": after, "title": "Compare builds"}
        try:
            compared = compare_builds(before, after)
        except ServiceError as error:
            context["error"] = str(error)
        else:
            context |= {
                "compared": compared,
                "median_move": "" if compared.median_move is None else f"{100 * compared.median_move:.1f} %",
                "measures": compare_measures(build_side(after), build_side(before)),
                "maps": build_maps(after, before),
            }
        return self._answer(request, galaxy, "compare", context)

    def _find(self, request: HttpRequest, verb: Verb, pk: int) -> Galaxy:
        """The galaxy, for people with a role; PermissionDenied where the role is too small."""
        rows = permitted_by_role(request.user, Verb.VIEW, Galaxy.objects.select_related("collection"))
        galaxy = get_object_or_404(rows, pk=pk)
        if not may(request, verb, galaxy):
            raise PermissionDenied("You may look at this galaxy, but no more. Ask an owner for a role.")
        return galaxy

    def _answer(self, request: HttpRequest, galaxy: Galaxy, name: str, context: dict[str, Any]) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "galaxy": galaxy, **context}
        return TemplateResponse(request, f"admin/catalog/galaxy/{name}.html", context)


def _read_order(request: HttpRequest) -> list[UUID]:
    """The clusters' uuids by the number beside each; equal numbers keep the order of the page."""
    asked: list[tuple[int, UUID]] = []
    for text in request.POST.getlist("cluster"):
        try:
            uuid = UUID(text)
        except ValueError:
            raise ServiceError(f"Expected uuids of clusters, got {text[:40]!r}. Open the page anew.") from None
        number = request.POST.get(f"place-{uuid}", "")
        asked.append((int(number) if number.isdecimal() else len(asked) + 1, uuid))
    return [uuid for _number, uuid in sorted(asked, key=lambda item: item[0])]


def _choose(builds: list[Build], number: str | None, otherwise: Build) -> Build:
    return next((build for build in builds if str(build.number) == number), otherwise)
