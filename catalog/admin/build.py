"""Builds: immutable runs, to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from catalog.admin.build_panels import build_panels
from catalog.admin.filters import PermittedFilter
from catalog.admin.pictures import NOTHING, score_meter
from catalog.admin.policy import PolicyAdmin, PolicyInline
from catalog.models import Build, Galaxy


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
    form_labels = {"random_state": "Seed"}
    readonly_fields = ["created_at", "images"]
    fields = ["galaxy", "number", "created_at", "images", "random_state"]

    def page_context(self, request: HttpRequest, obj: Build) -> dict[str, Any]:
        """All that was measured of it."""
        return {"panels": build_panels(obj)}
