"""What looking cost: runs with their units, answers that were lost, and what each annotator may use in a month. For superusers."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from catalog.admin.pictures import NOTHING
from catalog.admin.policy import TrustedAdmin, TrustedInline
from catalog.models import AnnotationRun, AnnotatorAccount, Image, LostAnswer, MonthlyUnits, UnitUsage
from catalog.permissions import is_trusted


class UsageInline(TrustedInline[UnitUsage, AnnotationRun]):
    """The run's lines of the ledger."""

    model = UnitUsage
    fields = ["month", "feature", "n_reserved", "n_answered", "n_failed", "n_unknown", "n_given_back"]
    extra = 0


@admin.register(AnnotationRun)
class AnnotationRunAdmin(TrustedAdmin[AnnotationRun]):
    """The ledger, run by run."""

    index_order = 85
    list_display = ["started_at", "collection_slug", "annotator", "n_units", "max_units", "finished_at", "outcome"]
    list_filter = ["annotator", "started_at"]
    search_fields = ["collection_slug"]
    inlines = [UsageInline]


@admin.register(LostAnswer)
class LostAnswerAdmin(TrustedAdmin[LostAnswer]):
    """Questions that were sent and whose answer was lost. The list of collections has the action that asks them again."""

    index_order = 84
    list_display = ["sha256", "feature", "annotator", "updated_at", "error", "collection"]
    list_filter = ["annotator", "feature"]
    search_fields = ["sha256"]
    ordering = ["-updated_at"]
    fields = ["sha256", "annotator", "feature", "model", "parameters", "status", "error", "updated_at", "collection"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LostAnswer]:
        """The unknown ones, each with a collection where the bytes are found today."""
        images = Image.objects.filter(current_revision__sha256=OuterRef("sha256")).order_by("pk")
        slugs = Subquery(images.values("collection__slug")[:1])
        rows: QuerySet[LostAnswer] = super().get_queryset(request).filter(status=LostAnswer.Status.UNKNOWN)
        return rows.annotate(slug=slugs)

    @admin.display(description="collection", ordering="slug")
    def collection(self, obj: LostAnswer) -> str:
        """Where the bytes are found today; the oldest, if in several."""
        return str(getattr(obj, "slug", None) or NOTHING)


class MonthInline(TrustedInline[MonthlyUnits, AnnotatorAccount]):
    """What was taken month by month."""

    model = MonthlyUnits
    fields = ["month", "n_units"]
    extra = 0


@admin.register(AnnotatorAccount)
class AnnotatorAccountAdmin(TrustedAdmin[AnnotatorAccount]):
    """The cap for a month."""

    index_order = 86
    list_display = ["annotator", "max_units_per_month"]
    fields = ["annotator", "max_units_per_month"]
    inlines = [MonthInline]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers: a cap may be set before the first run."""
        return is_trusted(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return is_trusted(request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose account it is stays."""
        return ["annotator"] if obj else []
