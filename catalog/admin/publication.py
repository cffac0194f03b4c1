"""Publications: what the world was and is shown, to be read."""

from django.contrib import admin
from django.utils.safestring import SafeString

from catalog.admin.filters import PermittedFilter
from catalog.admin.job_actions import JobActionAdmin
from catalog.admin.pictures import admin_link
from catalog.models import Publication


@admin.register(Publication)
class PublicationAdmin(JobActionAdmin[Publication]):
    """Publications; the explorer's services make them."""

    index_order = 70
    list_display = [
        "published_at",
        "number",
        "galaxy",
        "of_build",
        "images",
        "size_bytes",
        "is_current",
        "published_by",
    ]
    list_filter = [("galaxy", PermittedFilter)]
    list_select_related = ["galaxy", "build__galaxy", "published_by"]
    fields = [
        "galaxy",
        "of_build",
        "is_current",
        "published_at",
        "published_by",
        "despite_safe_search",
        "images",
        "size_bytes",
        "format_version",
        "manifest_name",
        "content_fingerprint",
        "number",
        "uuid",
    ]
    readonly_fields = ["number", "images", "of_build", "is_current", "published_at", "uuid"]

    @admin.display(description="number", ordering="pk")
    def number(self, obj: Publication) -> int:
        """What `publish_galaxy --roll-back` calls it."""
        return obj.pk

    @admin.display(description="images", ordering="n_images")
    def images(self, obj: Publication) -> str:
        """How many."""
        return f"{obj.n_images:,}"

    @admin.display(description="build", ordering="build__number")
    def of_build(self, obj: Publication) -> SafeString:
        """The build it shows."""
        return admin_link(obj.build, str(obj.build.number))

    @admin.display(description="current", boolean=True)
    def is_current(self, obj: Publication) -> bool:
        """Whether its galaxy points to it."""
        return obj.galaxy.current_publication_id == obj.pk
