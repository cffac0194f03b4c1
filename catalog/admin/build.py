"""Builds: immutable runs, to be read."""

from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.admin.filters import PermittedFilter
from catalog.admin.pictures import NOTHING, score_meter, thumbnails
from catalog.admin.policy import PolicyAdmin, PolicyInline
from catalog.admin.shown_builds import find_group_covers
from catalog.models import Build, Galaxy

# Key in Build.quality, what it says, whether it runs from 0 to 1.
MEASURES = [
    ("trustworthiness", "Trustworthiness: neighbours on the map are like each other", True),
    ("knn_recall_at_10", "Recall: of the ten most alike, how many are among the ten nearest", True),
    ("silhouette", "Silhouette: how well groups stand apart, from −1 to 1", False),
    ("kl_divergence", "KL divergence: what t-SNE minimises; lower is better", False),
]


def trustworthiness(build: Build) -> SafeString:
    """As a bar; undefined for very few images."""
    value = build.quality.get("trustworthiness")
    return NOTHING if value is None else score_meter(value)


class BuildColumns:
    """What a list of builds shows, alone or on its galaxy's page."""

    @admin.display(description="images", ordering="n_images")
    def images(self, obj: Build) -> str:
        """How many."""
        return f"{obj.n_images:,}"

    @admin.display(description="trustworthiness")
    def quality_bar(self, obj: Build) -> SafeString:
        """How good it is."""
        return trustworthiness(obj)


class BuildInline(BuildColumns, PolicyInline[Build, Galaxy]):
    """A galaxy's builds, newest first."""

    model = Build
    fields = ["created_at", "images", "quality_bar"]
    readonly_fields = ["created_at", "images", "quality_bar"]
    ordering = ["-number"]
    show_change_link = True


@admin.register(Build)
class BuildAdmin(BuildColumns, PolicyAdmin[Build]):
    """Builds; the service `build_galaxy` makes them."""

    index_order = 60
    list_display = ["__str__", "created_at", "images", "quality_bar", "complete"]
    list_filter = [("galaxy", PermittedFilter), "complete"]
    list_select_related = ["galaxy"]
    ordering = ["-pk"]
    fields = ["galaxy", "number", "created_at", "images", "measures", "groups", "parameters", "random_state"]
    readonly_fields = ["created_at", "images", "measures", "groups"]

    @admin.display(description="quality")
    def measures(self, obj: Build) -> SafeString:
        """Every measure with what it means."""
        rows: list[dict[str, Any]] = [
            {"text": text, "value": value, "bar": score_meter(value) if is_share else None}
            for name, text, is_share in MEASURES
            if (value := obj.quality.get(name)) is not None
        ]
        return render_to_string("admin/catalog/build/measures.html", {"rows": rows}) if rows else NOTHING

    @admin.display(description="groups")
    def groups(self, obj: Build) -> SafeString:
        """The groups with their clusters and pictures."""
        groups = list(obj.groups.select_related("cluster").order_by("-n_images"))
        pictures = find_group_covers(obj)
        rows = [
            {"cluster": group.cluster, "images": group.n_images, "covers": thumbnails(pictures.get(group.pk, []))}
            for group in groups
        ]
        return render_to_string("admin/catalog/cluster_table.html", {"rows": rows}) if rows else NOTHING
