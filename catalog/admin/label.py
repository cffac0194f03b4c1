"""Labels: the terms of each collection, and how many images carry them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.filters import PermittedFilter
from catalog.admin.policy import PolicyAdmin
from catalog.annotators import LANGUAGES, translate
from catalog.models import EffectiveLabel, Label
from catalog.permissions import Verb, permitted
from catalog.services.labels import fold_term

N_SUGGESTIONS = 20


@admin.register(Label)
class LabelAdmin(PolicyAdmin[Label]):
    """Labels; annotators and decisions make them."""

    index_order = 30
    list_display = ["term", "key", "collection", "n_images", "concept", "translations", "alias_of"]
    list_filter = [("collection", PermittedFilter), ("alias_of", admin.EmptyFieldListFilter), "vocabulary"]
    list_select_related = ["collection", "alias_of"]
    search_fields = ["key__startswith", "term"]
    fields = ["term", "key", "collection", "n_images", "vocabulary", "concept_id", "alias_of"]
    readonly_fields = ["n_images"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        """With the number of images that carry each."""
        carried = EffectiveLabel.objects.filter(label=OuterRef("pk")).order_by().values("label")
        counted = Subquery(carried.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        return super().get_queryset(request).annotate(images_counted=Coalesce(counted, 0))

    def get_urls(self) -> list[URLPattern]:
        """Adds `suggest/`, which the images' label filter asks."""
        view = self.admin_site.admin_view(self.suggest_view)
        return [path("suggest/", view, name="catalog_label_suggest"), *super().get_urls()]

    def suggest_view(self, request: HttpRequest) -> JsonResponse:
        """Terms that begin with `q`, in one collection or in all: {"terms": [...]}."""
        labels = permitted(request.user, Verb.VIEW, Label.objects.filter(alias_of__isnull=True))
        if key := fold_term(request.GET.get("q", "")):
            labels = labels.filter(key__startswith=key)
        if (collection := request.GET.get("collection", "")).isdecimal():
            labels = labels.filter(collection=int(collection))
        # Two collections may both have the term.
        rows: dict[str, Any] = {label.key: label.term for label in labels.order_by("key")[: N_SUGGESTIONS * 4]}
        return JsonResponse({"terms": list(rows.values())[:N_SUGGESTIONS]})

    @admin.display(description="images", ordering="images_counted")
    def n_images(self, obj: Label) -> SafeString:
        """How many carry it, leading to them."""
        address = reverse(
            "admin:catalog_image_changelist", query={"collection__id__exact": obj.collection_id, "label": obj.term}
        )
        return format_html('<a href="{}">{}</a>', address, f"{obj.images_counted:,}")  # type: ignore[attr-defined]  # annotated

    @admin.display(description="concept")
    def concept(self, obj: Label) -> str:
        """The vocabulary's own id."""
        return f"{obj.vocabulary} {obj.concept_id}".strip() or "–"

    @admin.display(description="in other languages")
    def translations(self, obj: Label) -> str:
        """Where the concept's word is known."""
        known = [f"{language}: {term}" for language in LANGUAGES if (term := translate(obj.concept_id, language))]
        return ", ".join(known) or "–"
