"""Labels: the terms of each collection, how many images carry them, and calling them something else."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.filters import PermittedFilter
from catalog.admin.pictures import thumbnails
from catalog.admin.policy import PolicyAdmin, may, signed_in
from catalog.annotators import LANGUAGES, translate
from catalog.models import Change, EffectiveLabel, Job, Label
from catalog.permissions import Verb, permitted
from catalog.services.errors import ServiceError
from catalog.services.labels import fold_term
from catalog.services.terms import find_label, merge_labels, rename_label

N_SUGGESTIONS = 20
N_COVERS = 6
MAX_MERGED = 50


class RenameForm(forms.Form):
    """What a label is called from now on."""

    term = forms.CharField(label="New term", max_length=200)
    reason = forms.CharField(required=False, max_length=500, widget=forms.TextInput(attrs={"size": 60}))


class MergeForm(forms.Form):
    """Which label stays."""

    into = forms.CharField(label="Merge into", max_length=200, help_text="The label that stays, as it is listed.")
    reason = forms.CharField(required=False, max_length=500, widget=forms.TextInput(attrs={"size": 60}))


@admin.register(Label)
class LabelAdmin(PolicyAdmin[Label]):
    """Labels; annotators and decisions make them."""

    class Media:
        js = [forms.Script("catalog_admin/suggest.js", defer=True)]

    index_order = 30
    change_form_template = "admin/catalog/label/change_form.html"
    list_display = ["term", "key", "collection", "n_images", "concept", "translations", "alias_of"]
    list_filter = [("collection", PermittedFilter), ("alias_of", admin.EmptyFieldListFilter), "vocabulary"]
    list_select_related = ["collection", "alias_of"]
    search_fields = ["key__startswith", "term"]
    actions = ["merge"]
    fields = ["term", "key", "collection", "n_images", "vocabulary", "concept_id", "alias_of"]
    readonly_fields = ["n_images"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        """With the number of images that carry each."""
        carried = EffectiveLabel.objects.filter(label=OuterRef("pk")).order_by().values("label")
        counted = Subquery(carried.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        return super().get_queryset(request).annotate(images_counted=Coalesce(counted, 0))

    def get_urls(self) -> list[URLPattern]:
        """Adds `suggest/`, which boxes for labels ask, and renaming and merging of one label."""
        wrap = self.admin_site.admin_view
        return [
            path("suggest/", wrap(self.suggest_view), name="catalog_label_suggest"),
            path("<int:pk>/rename/", wrap(self.rename_view), name="catalog_label_rename"),
            path("<int:pk>/merge/", wrap(self.merge_view), name="catalog_label_merge"),
            *super().get_urls(),
        ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Merging is offered to curators only."""
        actions: dict[str, Any] = super().get_actions(request)
        if not may(request, Verb.CURATE, Label):
            actions.pop("merge", None)
        return actions

    def page_context(self, request: HttpRequest, obj: Label) -> dict[str, Any]:
        """The buttons, for curators of the collection."""
        return {"may_curate": may(request, Verb.CURATE, obj)}

    def rename_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Call one label something else."""
        label = self._curated(request, pk)
        form = RenameForm(request.POST or None, initial={"term": label.term})
        if request.method == "POST" and form.is_valid():
            try:
                change = rename_label(label, by=signed_in(request), **form.cleaned_data)
            except ServiceError as error:
                form.add_error("term", str(error))
            else:
                return self._tell(
                    request, f"“{change.details['before']}” is called “{change.details['after']}” now.", change
                )
        return self._page(request, label, form, "Rename", "rename")

    def merge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let one label count as another, which is typed."""
        label = self._curated(request, pk)
        form = MergeForm(request.POST or None)
        form.fields["into"].widget.attrs |= {
            "list": "galaxy-terms",
            "autocomplete": "off",
            "data-suggest-url": reverse("admin:catalog_label_suggest"),
            "data-collection": label.collection_id,
        }
        if request.method == "POST" and form.is_valid():
            try:
                into = find_label(label.collection, form.cleaned_data["into"])
                change, job = merge_labels(into, [label], by=signed_in(request), reason=form.cleaned_data["reason"])
            except ServiceError as error:
                form.add_error("into", str(error))
            else:
                return self._merged(request, into, change, job)
        return self._page(request, label, form, "Merge", "merge")

    @admin.action(description="Merge selected labels")
    def merge(self, request: HttpRequest, queryset: QuerySet[Label]) -> HttpResponse | None:
        """Ask which one stays, the most common unless somebody says otherwise; then merge."""
        labels = list(queryset.select_related("collection")[: MAX_MERGED + 1])
        if forbidden := [str(label) for label in labels if not may(request, Verb.CURATE, label)]:
            text = f"Nothing was merged: you are no curator of {', '.join(forbidden[:5])}. Ask an owner for a role."
            self.message_user(request, text, messages.ERROR)
            return None
        if not 2 <= len(labels) <= MAX_MERGED:
            self.message_user(request, f"Expected 2 to {MAX_MERGED} labels to merge. Select that many.", messages.ERROR)
            return None
        into = next((label for label in labels if str(label.pk) == request.POST.get("into")), None)
        if into is None:
            return self._ask_which_stays(request, labels)
        others = [label for label in labels if label.pk != into.pk]
        try:
            change, job = merge_labels(into, others, by=signed_in(request), reason=request.POST.get("reason", ""))
        except ServiceError as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        return self._merged(request, into, change, job)

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

    def _curated(self, request: HttpRequest, pk: int) -> Label:
        label: Label = get_object_or_404(self.get_queryset(request).select_related("collection"), pk=pk)
        if not may(request, Verb.CURATE, label):
            raise PermissionDenied(f"You are no curator of {label.collection}.")
        return label

    def _page(self, request: HttpRequest, label: Label, form: forms.Form, word: str, deed: str) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"{word} “{label.term}”",
            "opts": self.opts,
            "media": self.media,
            "label": label,
            "form": form,
            "word": word,
            "deed": deed,
            "n_images": label.images_counted,  # type: ignore[attr-defined]  # annotated
            "covers": thumbnails(_covers(label)),
        }
        return TemplateResponse(request, "admin/catalog/label/deed.html", context)

    def _ask_which_stays(self, request: HttpRequest, labels: list[Label]) -> TemplateResponse:
        rows = sorted(labels, key=lambda label: -label.images_counted)  # type: ignore[attr-defined]  # annotated
        context = {
            **self.admin_site.each_context(request),
            "title": "Merge labels",
            "opts": self.opts,
            "rows": [{"label": label, "covers": thumbnails(_covers(label))} for label in rows],
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/catalog/label/merge.html", context)

    def _merged(self, request: HttpRequest, into: Label, change: Change, job: Job | None) -> HttpResponse:
        if job is not None:
            return redirect("admin:catalog_job_progress", job.pk)
        return self._tell(request, f"“{into.term}” stands for all of them now.", change)

    def _tell(self, request: HttpRequest, text: str, change: Change) -> HttpResponse:
        address = reverse("admin:catalog_change_change", args=[change.pk])
        told = format_html('{} <a href="{}">See the change, undo it</a>', text, address)
        self.message_user(request, told, messages.SUCCESS)
        return redirect(
            reverse("admin:catalog_label_changelist", query={"collection__id__exact": change.collection_id})
        )

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


def _covers(label: Label) -> list[Any]:
    """Images that carry it most surely."""
    surest = EffectiveLabel.objects.filter(label=label).order_by("-score", "image")
    return list(surest.values_list("image__uuid", flat=True)[:N_COVERS])
