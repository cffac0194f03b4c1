"""Clusters: their names, colours and pictures. Builds make them; curators name, describe, colour, hide and order them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.cluster_pages import ClusterPages
from catalog.admin.filters import PermittedFilter
from catalog.admin.pictures import admin_link, colour_chip, thumbnails
from catalog.admin.policy import may, person_of
from catalog.admin.shown_builds import count_images, find_covers
from catalog.admin.stale import WatchedForm
from catalog.models import Cluster, Image
from catalog.permissions import Verb
from catalog.services.cluster_edit import ClusterValues, edit_cluster, merge_clusters
from catalog.services.errors import ServiceError

N_COVERS_ON_PAGE = 24


class ClusterForm(WatchedForm[Cluster]):
    """What a curator says of a cluster."""

    watched = ("hidden",)

    class Meta:
        model = Cluster
        fields = ["name", "description", "colour", "hidden", "tour_order", "cover"]
        widgets = {"colour": forms.TextInput(attrs={"type": "color"})}

    def clean_name(self) -> str:
        """Single blanks, as the service keeps it."""
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_cover(self) -> Image | None:
        """A picture of the galaxy's own collection."""
        cover: Image | None = self.cleaned_data["cover"]
        if cover is not None and cover.collection_id != self.instance.galaxy.collection_id:
            raise forms.ValidationError(
                f"Expected an image of {self.instance.galaxy.collection}, got one of {cover.collection}. Choose another."
            )
        return cover


@admin.register(Cluster)
class ClusterAdmin(ClusterPages):
    """Clusters."""

    index_order = 50
    change_verb = Verb.CURATE
    form = ClusterForm
    list_display = ["chip", "name", "covers", "n_images", "galaxy", "name_source", "is_hidden", "tour_order"]
    list_display_links = ["chip", "name"]
    list_filter = [("galaxy", PermittedFilter), "hidden", "name_source"]
    list_select_related = ["galaxy"]
    search_fields = ["name"]
    raw_id_fields = ["cover"]
    actions = ["merge"]
    readonly_fields = ["galaxy", "name_source", "runner_ups", "all_covers", "n_images", "uuid"]
    fieldsets = [
        (None, {"fields": ["all_covers", "n_images", "name", "name_source", "runner_ups", "description"]}),
        ("In the galaxy", {"fields": ["galaxy", "colour", "hidden", "tour_order", "cover", "uuid"]}),
    ]

    def decorate_page(self, request: HttpRequest, rows: list[Cluster]) -> dict[str, dict[int, Any]]:
        """Pictures and sizes of the page's clusters."""
        return {"covers": find_covers(rows), "n_images": count_images(rows)}

    def save_model(self, request: HttpRequest, obj: Cluster, form: forms.ModelForm[Any], change: bool) -> None:
        """What was changed, through its service."""
        if kept := getattr(form, "kept", None):
            text = f"Somebody else has changed {', '.join(kept)} since you opened the page; that stays."
            self.message_user(request, text, messages.WARNING)
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in ClusterValues.__annotations__}
        try:
            edit_cluster(obj, by=person_of(request), **values)
        except ServiceError as error:
            self.message_user(request, str(error), messages.ERROR)

    @admin.action(description="Merge selected clusters", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Cluster]) -> HttpResponse | None:
        """Ask which one stays, the largest unless somebody says otherwise; then merge."""
        clusters = list(queryset)
        if forbidden := [str(cluster) for cluster in clusters if not may(request, Verb.CURATE, cluster)]:
            text = f"Nothing was merged: you are no curator of {', '.join(forbidden)}. Ask an owner for a role."
            self.message_user(request, text, messages.ERROR)
            return None
        into = next((cluster for cluster in clusters if str(cluster.pk) == request.POST.get("into")), None)
        if into is None and len(clusters) > 1:
            return self._ask_which_stays(request, clusters)
        try:
            change = merge_clusters(into or clusters[0], clusters, by=person_of(request))
        except ServiceError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            text = format_html(
                "{} images came to {}. {}",
                f"{change.n_images:,}",
                into,
                admin_link(change, "See the change, or undo it"),
            )
            self.message_user(request, text, messages.SUCCESS)
        return None

    def _ask_which_stays(self, request: HttpRequest, clusters: list[Cluster]) -> TemplateResponse:
        sizes, pictures = count_images(clusters), find_covers(clusters)
        rows = [
            {
                "cluster": cluster,
                "chip": colour_chip(cluster.colour, cluster.name),
                "n_images": f"{sizes.get(cluster.pk, 0):,}",
                "covers": thumbnails(pictures.get(cluster.pk, [])),
            }
            for cluster in sorted(clusters, key=lambda cluster: -sizes.get(cluster.pk, 0))
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Merge clusters",
            "rows": rows,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/catalog/cluster/merge.html", context)

    @admin.display(description="")
    def chip(self, obj: Cluster) -> SafeString:
        """Its colour."""
        return colour_chip(obj.colour, obj.name)

    @admin.display(description="typical pictures")
    def covers(self, obj: Cluster) -> SafeString:
        """A few pictures from its middle."""
        return thumbnails(self.page_value(obj, "covers", []))

    @admin.display(description="typical pictures")
    def all_covers(self, obj: Cluster) -> SafeString:
        """More of them, on the cluster's own page."""
        return thumbnails(find_covers([obj], n_covers=N_COVERS_ON_PAGE).get(obj.pk, []))

    @admin.display(description="images")
    def n_images(self, obj: Cluster) -> SafeString:
        """How many the newest build put there, leading to them."""
        count = self.page_value(obj, "n_images", None)
        if count is None:
            count = count_images([obj]).get(obj.pk, 0) if not hasattr(obj, "galaxy_page") else 0
        if not count:
            return SafeString("none: dormant")
        address = reverse("admin:catalog_image_changelist", query={"cluster": obj.pk})
        return format_html('<a href="{}">{}</a>', address, f"{count:,}")

    @admin.display(description="hidden", ordering="hidden")
    def is_hidden(self, obj: Cluster) -> str:
        """A word where it is so; a red cross on every other row would look like something wrong."""
        return "hidden" if obj.hidden else ""

    @admin.display(description="other names")
    def runner_ups(self, obj: Cluster) -> str:
        """Names that the last build considered."""
        return ", ".join(map(str, obj.runner_up_names)) or "–"
