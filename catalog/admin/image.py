"""Images: to be looked at, found, described and hidden; what machines said of them is to be read."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from catalog.admin.annotation_actions import ANNOTATE_OF_IMAGES
from catalog.admin.changelist import PageAdmin
from catalog.admin.decisions import DecisionsAdmin, hide_chosen
from catalog.admin.filters import ClusterFilter, LabelFilter, NearDuplicateFilter, PermittedFilter
from catalog.admin.image_panels import image_panels
from catalog.admin.job_actions import JobActionAdmin, register_job_action
from catalog.admin.look_alikes import LookAlikesAdmin
from catalog.admin.pictures import thumbnail
from catalog.admin.policy import may, person_of
from catalog.models import EffectiveLabel, Image, Label, Occurrence
from catalog.permissions import Verb, permitted
from catalog.services.curate import delete_images
from catalog.services.labels import fold_term

register_job_action(Image, ANNOTATE_OF_IMAGES)

N_LABELS_LISTED = 6


@admin.register(Image)
class ImageAdmin(PageAdmin[Image], JobActionAdmin[Image], DecisionsAdmin, LookAlikesAdmin):
    """Images."""

    class Media:
        js = [forms.Script("catalog_admin/suggest.js", defer=True)]

    index_order = 20
    change_verb = Verb.CURATE
    delete_verb = Verb.MANAGE
    change_form_template = "admin/catalog/image/change_form.html"
    change_list_template = "admin/catalog/image/change_list.html"
    list_display = ["picture", "name", "labels", "collection", "annotation_status", "is_hidden"]
    list_display_links = ["name"]
    list_filter = [
        LabelFilter,
        ("collection", PermittedFilter),
        ClusterFilter,
        "annotation_status",
        NearDuplicateFilter,
        "hidden",
    ]
    list_select_related = ["collection", "current_revision"]
    search_fields = ["title"]
    search_help_text = "By title, the beginning of a label, external id or uuid."
    actions = ["decide", "hide", "show"]
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        # So that a page that was open while somebody else hid the image does not ask to show it again.
        models.BooleanField: {"show_hidden_initial": True},
    }
    fields = ["title", "description", "creator", "credit", "licence", "source_url", "taken_at", "place", "hidden"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        """With the labels that the list names, in one query for the whole page."""
        labels = EffectiveLabel.objects.select_related("label").order_by("-score", "label__key")
        return super().get_queryset(request).prefetch_related(Prefetch("effective_labels", queryset=labels))

    def decorate_page(self, request: HttpRequest, rows: list[Image]) -> dict[str, dict[int, Any]]:
        """File names of images without a title, for those who may know where things were found."""
        untitled = Image.objects.filter(pk__in=[image.pk for image in rows if not image.title])
        known = permitted(request.user, Verb.CONTRIBUTE, untitled)
        places = Occurrence.objects.filter(image__in=known).order_by("-pk").values_list("image", "location")
        return {"file": {image: location.rsplit("/", 1)[-1] for image, location in places}}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Title, the beginning of a label, or exactly an external id or uuid."""
        term = search_term.strip()
        if not term:
            return queryset, False
        labels = Label.objects.filter(key__startswith=fold_term(term))
        found = (
            Q(title__icontains=term)
            | Q(pk__in=EffectiveLabel.objects.filter(label__in=labels).values("image"))
            | Q(pk__in=Occurrence.objects.filter(external_id=term).values("image"))
        )
        with suppress(forms.ValidationError):
            found |= Q(uuid=forms.UUIDField().clean(term))
        return queryset.filter(found), False

    def page_context(self, request: HttpRequest, obj: Image) -> dict[str, Any]:
        """The picture and all that is known of it, above the form."""
        # Where it was found and how the annotator failed tell of the house's inside.
        panels = image_panels(obj, insider=may(request, Verb.CONTRIBUTE, obj))
        told = {"panels": panels, "may_decide": may(request, Verb.CURATE, obj)}
        return super().page_context(request, obj) | told

    def save_model(self, request: HttpRequest, obj: Image, form: forms.ModelForm[Any], change: bool) -> None:
        """The words, then hiding through its service."""
        hidden = obj.hidden
        obj.hidden = Image.objects.values_list("hidden", flat=True).get(pk=obj.pk)
        super().save_model(request, obj, form, change)
        if "hidden" in form.changed_data:
            hide_chosen(request, Image.objects.filter(pk=obj.pk), hidden=hidden)
            obj.hidden = hidden

    def delete_model(self, request: HttpRequest, obj: Image) -> None:
        """Through the service, which takes it out of what is published."""
        delete_images(Image.objects.filter(pk=obj.pk), by=person_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        """The same, of many."""
        delete_images(Image.objects.filter(pk__in=queryset.order_by().values("pk")), by=person_of(request))

    @admin.action(description="Hide selected images")
    def hide(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        """No new build has them, and they leave what is published."""
        self._set_hidden(request, queryset, hidden=True)

    @admin.action(description="Show selected images again")
    def show(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        """The next publication has them again, if its build does."""
        self._set_hidden(request, queryset, hidden=False)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deciding and hiding are offered to curators only."""
        actions = super().get_actions(request)
        if not self.has_change_permission(request):
            for name in ("decide", "hide", "show"):
                actions.pop(name, None)
        return actions

    def _set_hidden(self, request: HttpRequest, queryset: QuerySet[Image], *, hidden: bool) -> None:
        chosen = Image.objects.filter(pk__in=queryset.order_by().values("pk"))
        allowed = permitted(request.user, Verb.CURATE, chosen)
        n_forbidden = chosen.count() - allowed.count()
        n_changed = hide_chosen(request, allowed, hidden=hidden)
        self.message_user(request, f"{n_changed:,} images are {'hidden' if hidden else 'shown'} now.", messages.SUCCESS)
        if n_forbidden:
            text = f"{n_forbidden:,} images were left as they are: you are no curator of their collections."
            self.message_user(request, text, messages.WARNING)

    @admin.display(description="picture")
    def picture(self, obj: Image) -> SafeString:
        """The thumbnail; opens the view picture."""
        return thumbnail(obj.uuid, str(obj)) if obj.current_revision_id else SafeString("no picture yet")

    @admin.display(description="title", ordering="title")
    def name(self, obj: Image) -> str:
        """Its title, or the name of its file, or its uuid."""
        return obj.title or str(self.page_value(obj, "file", obj.uuid))

    @admin.display(description="hidden", ordering="hidden")
    def is_hidden(self, obj: Image) -> str:
        """A word where it is so; a red cross on every other row would look like something wrong."""
        return "hidden" if obj.hidden else ""

    @admin.display(description="labels")
    def labels(self, obj: Image) -> str:
        """The surest ones."""
        return ", ".join(row.label.term for row in list(obj.effective_labels.all())[:N_LABELS_LISTED]) or "–"
