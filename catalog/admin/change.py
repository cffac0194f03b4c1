"""Changes: what people decided about labels, to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin.changelist import PageAdmin
from catalog.admin.filters import PermittedFilter
from catalog.admin.pictures import admin_link
from catalog.models import Change, Decision

MAX_DECISIONS_SHOWN = 200


@admin.register(Change)
class ChangeAdmin(PageAdmin[Change]):
    """Changes; the service `decide_labels` makes them."""

    index_order = 80
    list_display = ["made_at", "made_by", "reason", "n_decisions", "collection", "undone_at", "undone_by"]
    list_filter = [("collection", PermittedFilter), ("undone_at", admin.EmptyFieldListFilter)]
    list_select_related = ["made_by", "undone_by", "collection"]
    search_fields = ["reason"]
    fields = ["collection", "made_by", "made_at", "reason", "n_decisions", "decided", "undone_at", "undone_by", "uuid"]
    readonly_fields = ["made_at", "n_decisions", "decided", "uuid"]

    def decorate_page(self, request: HttpRequest, rows: list[Change]) -> dict[str, dict[int, Any]]:
        """How many decisions each holds."""
        counted = Decision.objects.filter(change__in=rows).order_by().values_list("change").annotate(n=Count("pk"))
        return {"n_decisions": dict(counted)}

    @admin.display(description="decisions")
    def n_decisions(self, obj: Change) -> int:
        """How many."""
        counted: int | None = self.page_value(obj, "n_decisions", None)
        return obj.decisions.count() if counted is None else counted

    @admin.display(description=f"the first {MAX_DECISIONS_SHOWN}")
    def decided(self, obj: Change) -> SafeString:
        """What was decided; one change may hold forty thousand."""
        decisions = obj.decisions.select_related("image", "label").order_by("pk")[:MAX_DECISIONS_SHOWN]
        rows = ((d.get_verdict_display(), d.label.term, admin_link(d.image)) for d in decisions)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} {}: {}</li>", rows))
