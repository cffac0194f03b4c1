"""A cluster's own pages: the contact sheet, on which pictures are moved, and the page that divides it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Avg, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from catalog.admin.addresses import rendition_address
from catalog.admin.changelist import PageAdmin
from catalog.admin.pictures import admin_link, thumbnails
from catalog.admin.policy import may, person_of
from catalog.models import Change, Cluster, Image, Pin
from catalog.permissions import Verb, permitted_by_role
from catalog.services.build_rows import last_build
from catalog.services.cluster_edit import edit_cluster, pin_images, split_cluster, unpin_images
from catalog.services.cluster_parts import MAX_PARTS, divide_cluster
from catalog.services.errors import ServiceError
from catalog.services.pins import places_of_cluster

__all__ = ["ClusterPages"]

PICTURES_A_PAGE = 96
ORDERS = {
    "typical": ("Typical first", "distance"),
    "doubtful": ("Doubtful first", "-distance"),
    "newest": ("Newest first", "-image_id"),
}


class ClusterPages(PageAdmin[Cluster]):
    """The admin of clusters, with `<id>/sheet/` and `<id>/split/`."""

    change_form_template = "admin/catalog/cluster/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Adds the pages."""
        pages: dict[str, Callable[..., HttpResponse]] = {"sheet": self.sheet_view, "split": self.split_view}
        return [
            *(
                path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"catalog_cluster_{name}")
                for name, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def page_context(self, request: HttpRequest, obj: Cluster) -> dict[str, Any]:
        """The ways to the pages, for people with a role."""
        ways = {}
        if permitted_by_role(request.user, Verb.VIEW, _one(obj)).exists():
            ways = {"may_look": True, "may_split": may(request, Verb.CURATE, obj)}
        return super().page_context(request, obj) | ways

    def sheet_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All pictures of the cluster; what is ticked there is moved, kept, let go, made a cluster, or made the cover."""
        cluster = self._find(request, pk)
        if request.method == "POST":
            self._require(request, cluster)
            self._report(request, lambda: _do(request, cluster))
            return redirect(request.get_full_path())
        order = request.GET.get("order", "")
        order = order if order in ORDERS else "typical"
        page = Paginator(_find_places(cluster, ORDERS[order][1]), PICTURES_A_PAGE).get_page(request.GET.get("p"))
        others = cluster.galaxy.clusters.exclude(pk=cluster.pk).order_by("name")
        context = {
            "cluster": cluster,
            "page": page,
            "pictures": _pictures(cluster, page.object_list),
            "order": order,
            "orders": [(key, name) for key, (name, _field) in ORDERS.items()],
            "others": others,
            "may_edit": may(request, Verb.CURATE, cluster),
            "title": f"{cluster.name}: contact sheet",
        }
        return self._answer(request, "sheet", context)

    def split_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Into which parts k-means would divide the cluster, with typical pictures of each; posted, it does."""
        cluster = self._find(request, pk)
        self._require(request, cluster)
        asked = request.POST.get("n") or request.GET.get("n") or "2"
        n = int(asked) if asked.isdecimal() and 2 <= int(asked) <= MAX_PARTS else 2
        if request.method == "POST" and self._report(request, lambda: _split(request, cluster, n)):
            address = reverse("admin:catalog_cluster_changelist", query={"galaxy__id__exact": cluster.galaxy_id})
            return redirect(address)
        try:
            parts, error = _describe_parts(cluster, n), ""
        except ServiceError as refused:
            parts, error = [], str(refused)
        context = {
            "cluster": cluster,
            "n": n,
            "numbers": range(2, MAX_PARTS + 1),
            "parts": parts,
            "error": error,
            "title": f"Split {cluster.name}",
        }
        return self._answer(request, "split", context)

    def _find(self, request: HttpRequest, pk: int) -> Cluster:
        """The cluster, for people with a role: what is public of it is shown elsewhere."""
        rows = permitted_by_role(request.user, Verb.VIEW, Cluster.objects.select_related("galaxy__collection", "cover"))
        return get_object_or_404(rows, pk=pk)

    def _require(self, request: HttpRequest, cluster: Cluster) -> None:
        if not may(request, Verb.CURATE, cluster):
            raise PermissionDenied("You may look at this cluster, but not change it. Ask an owner for a role.")

    def _report(self, request: HttpRequest, deed: Callable[[], str]) -> bool:
        """Do it and say what came of it; whether it was done."""
        try:
            self.message_user(request, deed(), messages.SUCCESS)
        except ServiceError as error:
            self.message_user(request, str(error), messages.ERROR)
            return False
        return True

    def _answer(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/catalog/cluster/{name}.html", context)


def _one(obj: Cluster) -> QuerySet[Cluster]:
    return Cluster.objects.filter(pk=obj.pk)


def _find_places(cluster: Cluster, order: str) -> QuerySet[Any, Any]:
    """Where the newest build shows the cluster's pictures, with `distance`, the squared one from their middle."""
    build = last_build(cluster.galaxy)
    if build is None:
        return Image.objects.none()
    places = places_of_cluster(cluster, build)
    middle = places.aggregate(x=Avg("x"), y=Avg("y"), z=Avg("z"))
    dx, dy, dz = (F(axis) - (middle[axis] or 0.0) for axis in ("x", "y", "z"))
    found = places.annotate(distance=dx * dx + dy * dy + dz * dz).order_by(order, "image_id")
    return found.values("image_id", "image__uuid", "image__title", "image__hidden")


def _pictures(cluster: Cluster, rows: Any) -> list[dict[str, Any]]:
    rows = list(rows)
    pinned = set(
        Pin.objects.filter(cluster=cluster, image__in=[row["image_id"] for row in rows]).values_list("image", flat=True)
    )
    return [
        {
            "uuid": row["image__uuid"],
            "title": row["image__title"] or "Untitled",
            "hidden": row["image__hidden"],
            "pinned": row["image_id"] in pinned,
            "is_cover": row["image_id"] == cluster.cover_id,
            "small": rendition_address(row["image__uuid"], "small"),
            "pk": row["image_id"],
        }
        for row in rows
    ]


def _do(request: HttpRequest, cluster: Cluster) -> str:
    """What a contact sheet asks for, and what to say of it."""
    by, deed, reason = person_of(request), request.POST.get("deed", ""), request.POST.get("reason", "")[:500]
    images = _ticked(request, cluster)
    if deed == "cover":
        if images.count() != 1:
            raise ServiceError(f"Expected one picture to be the cover, got {images.count()}. Tick a single one.")
        return _tell("It has a new cover.", edit_cluster(cluster, by=by, reason=reason, cover=images.get()))
    if deed == "split":
        made = split_cluster(cluster, by=by, images=images, name=request.POST.get("name", ""), reason=reason)
        return format_html("The pictures are a cluster of their own now: {}.", admin_link(made[0]))
    if deed == "unpin":
        return _tell("Builds say again where they belong.", unpin_images(cluster.galaxy, images, by=by, reason=reason))
    into = cluster
    if deed == "move":
        found = (
            cluster.galaxy.clusters.filter(pk=int(key)).first()
            if (key := request.POST.get("into", "")).isdecimal()
            else None
        )
        if found is None:
            raise ServiceError("Expected a cluster of this galaxy to move them to, got none. Choose one.")
        into = found
    elif deed != "pin":
        raise ServiceError("Expected to be told what to do with the pictures. Use one of the buttons.")
    change = pin_images(into, images, by=by, reason=reason)
    return _tell(f"{change.n_images if change else 0:,} pictures belong to {into} now, whatever builds find.", change)


def _split(request: HttpRequest, cluster: Cluster, n: int) -> str:
    made = split_cluster(cluster, by=person_of(request), n=n)
    return f"{cluster} was divided: {', '.join(map(str, made))} {'is' if len(made) == 1 else 'are'} new."


def _tell(text: str, change: Change | None) -> str:
    """With the way to the change, where it can be undone."""
    if change is None:
        return "It was so already."
    return format_html("{} {}", text, admin_link(change, "See the change, or undo it"))


def _ticked(request: HttpRequest, cluster: Cluster) -> QuerySet[Image]:
    uuids = [uuid for text in request.POST.getlist("image")[:PICTURES_A_PAGE] if (uuid := _uuid(text))]
    return Image.objects.filter(collection=cluster.galaxy.collection_id, uuid__in=uuids)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _describe_parts(cluster: Cluster, n: int) -> list[dict[str, Any]]:
    parts = divide_cluster(cluster, n=n)
    typical = [pk for part in parts for pk in part.typical]
    uuids = dict(Image.objects.filter(pk__in=typical).values_list("pk", "uuid"))
    return [
        {
            "name": part.names[0],
            "n_images": len(part.image_ids),
            "covers": thumbnails(uuids[pk] for pk in part.typical),
        }
        for part in parts
    ]
