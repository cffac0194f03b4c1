"""Changes: what people decided, to be read and to be taken back whole."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from catalog.admin.changelist import PageAdmin
from catalog.admin.filters import PermittedFilter
from catalog.admin.pictures import NOTHING, admin_link, thumbnail
from catalog.admin.policy import may, signed_in
from catalog.models import Change, Decision, Image
from catalog.permissions import Verb
from catalog.services.decide import start_undo
from catalog.services.errors import ServiceError

__all__ = ["ChangeAdmin"]

MAX_IMAGES_SHOWN = 48
VERDICTS = {"accept": "accepted", "reject": "rejected", "add": "added"}


@admin.register(Change)
class ChangeAdmin(PageAdmin[Change]):
    """Changes; services make them. Each can be undone at `<id>/undo/`."""

    index_order = 55
    change_form_template = "admin/catalog/change/change_form.html"
    list_display = ["made_at", "what", "images", "made_by", "reason", "collection", "state"]
    list_display_links = ["made_at", "what"]
    list_filter = [("collection", PermittedFilter), "kind", ("undone_at", admin.EmptyFieldListFilter)]
    list_select_related = ["made_by", "undone_by", "collection"]
    search_fields = ["reason"]
    fields = [
        "what",
        "images",
        "pictures",
        "reason",
        "made_by",
        "made_at",
        "state",
        "filtered_by",
        "collection",
        "uuid",
    ]
    readonly_fields = ["what", "images", "pictures", "made_at", "state", "filtered_by", "uuid"]

    def get_urls(self) -> list[URLPattern]:
        """Adds where the button that undoes a change posts."""
        view = self.admin_site.admin_view(require_POST(self.undo_view))
        return [path("<int:pk>/undo/", view, name="catalog_change_undo"), *super().get_urls()]

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the whole change back."""
        change = get_object_or_404(self.get_queryset(request).select_related("collection"), pk=pk)
        if not may(request, Verb.CURATE, change):
            raise PermissionDenied("You may read this change, but not undo it.")
        as_json = request.headers.get("Accept") == "application/json"
        try:
            job = start_undo(change, by=signed_in(request))
        except ServiceError as error:
            if as_json:
                return JsonResponse({"error": str(error)}, status=409)
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:catalog_change_change", pk)
        if as_json:
            return JsonResponse({"text": "Undone."})
        if job is not None:
            return redirect("admin:catalog_job_progress", job.pk)
        self.message_user(request, "The change is undone; what held before it holds again.", messages.SUCCESS)
        return redirect("admin:catalog_change_change", pk)

    def page_context(self, request: HttpRequest, obj: Change) -> dict[str, Any]:
        """The button, for whom it is and while there is something to undo."""
        return {"may_undo": obj.undone_at is None and may(request, Verb.CURATE, obj)}

    def decorate_page(self, request: HttpRequest, rows: list[Change]) -> dict[str, dict[int, Any]]:
        """What each decided, in one query."""
        decided = Decision.objects.filter(change__in=rows).order_by("verdict", "label__key")
        terms: dict[int, list[tuple[str, str]]] = {}
        for change, verdict, term in decided.values_list("change", "verdict", "label__term").distinct():
            terms.setdefault(change, []).append((verdict, term))
        return {"terms": terms}

    @admin.display(description="what")
    def what(self, obj: Change) -> str:
        """In words: “cat” rejected; hidden; renamed “puss” to “cat”."""
        if obj.kind == Change.Kind.DECIDE:
            found = self.page_value(obj, "terms", None)
            if found is None:
                rows = obj.decisions.order_by("verdict", "label__key").values_list("verdict", "label__term").distinct()
                found = list(rows[:20])
            return ", ".join(f"“{term}” {VERDICTS[verdict]}" for verdict, term in found) or "decided"
        before, after = obj.details.get("before", ""), obj.details.get("after", "")
        if isinstance(before, list):
            before = "”, “".join(map(str, before))
        if obj.kind == Change.Kind.RENAME:
            return f"“{before}” renamed to “{after}”"
        if obj.kind == Change.Kind.MERGE:
            return f"“{before}” merged into “{after}”"
        return str(obj.get_kind_display())

    @admin.display(description="images", ordering="n_images")
    def images(self, obj: Change) -> str:
        """How many."""
        return f"{obj.n_images:,}"

    @admin.display(description="state")
    def state(self, obj: Change) -> str:
        """Whether it holds."""
        if obj.undone_at is not None:
            by = f" by {obj.undone_by}" if obj.undone_by else ""
            return f"undone {obj.undone_at:%Y-%m-%d %H:%M}{by}" if obj.complete else "being undone"
        return "holds" if obj.complete else "being made"

    @admin.display(description="chosen by")
    def filtered_by(self, obj: Change) -> str:
        """The filter that it was asked with."""
        said = {name: value for name, value in obj.selection.items() if name != "collection"}
        return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in said.items()) or str(NOTHING)

    @admin.display(description="for example")
    def pictures(self, obj: Change) -> SafeString:
        """Some of those that it is about; one change may hold forty thousand."""
        images = Image.objects.filter(changes__change=obj).order_by("pk")[:MAX_IMAGES_SHOWN]
        rows = ((thumbnail(image.uuid, str(image)), admin_link(image)) for image in images)
        return format_html('<ul class="galaxy-tiles">{}</ul>', format_html_join("", "<li>{} {}</li>", rows))
