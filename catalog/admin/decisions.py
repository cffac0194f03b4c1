"""Deciding about many images at once: what is meant is counted and shown first, then done as one change that can be undone."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from catalog.admin.pictures import thumbnails
from catalog.admin.policy import may, signed_in
from catalog.admin.wall import WallAdmin, selection_query, wall_address
from catalog.models import Change, Collection, Decision, Image, Job
from catalog.permissions import Verb, permitted
from catalog.search import Selection, SelectionError
from catalog.search.selection import MAX_UUIDS
from catalog.services.chunks import in_chunks
from catalog.services.decide import find_chosen, start_decisions, start_hiding
from catalog.services.errors import ServiceError

__all__ = ["DecisionsAdmin", "hide_chosen"]

N_SAMPLE = 24
MAX_FROM_TABLE = 1000

DEEDS = {
    "accept": "Accept the label",
    "reject": "Reject the label",
    "add": "Add the label",
    "hide": "Hide the images",
    "show": "Show the images again",
}
DONE = {"accept": "accepted on", "reject": "rejected on", "add": "added to"}


class DecideForm(forms.Form):
    """What to do with the images, and why."""

    deed = forms.ChoiceField(label="What to do", choices=list(DEEDS.items()))
    term = forms.CharField(label="Label", required=False, max_length=200)
    reason = forms.CharField(required=False, max_length=500, help_text="Why, for whoever reads the history.")

    def __init__(self, data: Any, *, collection: Collection) -> None:
        super().__init__(data)
        suggest = {"data-suggest-url": reverse("admin:catalog_label_suggest"), "data-collection": collection.pk}
        self.fields["term"].widget.attrs |= {"list": "galaxy-terms", "autocomplete": "off", "size": 40, **suggest}
        self.fields["reason"].widget.attrs |= {"size": 60}

    def clean(self) -> dict[str, Any]:
        """A label is named where the deed is about one."""
        cleaned = self.cleaned_data
        if cleaned.get("deed") in DONE and not cleaned.get("term", "").strip():
            self.add_error("term", "Write the label that this is about.")
        return cleaned


class DecisionsAdmin(WallAdmin):
    """Adds `decide/` to the images, and the action that leads to it from the table."""

    def get_urls(self) -> list[URLPattern]:
        """Where the wall, the image page and the table's action post."""
        view = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("decide/", view, name="catalog_image_decide"), *super().get_urls()]

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Show what is meant, or, where that was seen, do it. A program that names its images is shown nothing."""
        collection = self._collection(request)
        as_json = request.headers.get("Accept") == "application/json"
        form = DecideForm(_posted(request.POST), collection=collection)
        expected = request.POST.get("expected_n", "")
        try:
            selection = chosen_in(collection, request.POST)
        except SelectionError as error:
            return _refuse(request, as_json, error.message) or redirect(wall_address(collection))
        if not form.is_valid() or not (as_json or expected.isdecimal()):
            if as_json:
                text = " ".join(str(message) for rows in form.errors.values() for message in rows)
                return JsonResponse({"error": text or "Expected a deed."}, status=400)
            return self._ask(request, collection, selection, form)
        try:
            change, job = _decide(
                request, collection, selection, form.cleaned_data, int(expected) if expected.isdecimal() else None
            )
        except ServiceError as error:
            return _refuse(request, as_json, str(error)) or self._ask(request, collection, selection, form)
        if as_json:
            return JsonResponse(_report(change, form.cleaned_data))
        return self._answer(request, collection, change, job, form.cleaned_data)

    @admin.action(description="Decide about labels of selected images")
    def decide(self, request: HttpRequest, queryset: QuerySet[Image]) -> HttpResponse | None:
        """Ask which label, and whether to accept, reject or add it."""
        rows = list(queryset.order_by("pk").values_list("collection", "uuid")[: MAX_FROM_TABLE + 1])
        text = ""
        if len({collection for collection, _ in rows}) != 1:
            text = "Expected images of one collection. Filter by one first."
        elif len(rows) > MAX_FROM_TABLE:
            text = f"Expected at most {MAX_FROM_TABLE:,} images. On the wall, all that match a filter can be meant."
        if text:
            self.message_user(request, text, messages.ERROR)
            return None
        collection = Collection.objects.get(pk=rows[0][0])
        if not may(request, Verb.CURATE, collection):
            raise PermissionDenied(f"You are no curator of {collection}.")
        selection = Selection(collection.pk, uuids=tuple(uuid for _, uuid in rows))
        return self._ask(request, collection, selection, DecideForm(None, collection=collection))

    def _collection(self, request: HttpRequest) -> Collection:
        wanted = request.POST.get("collection", "")
        rows = permitted(
            request.user, Verb.CURATE, Collection.objects.filter(pk=int(wanted) if wanted.isdecimal() else 0)
        )
        collection = rows.first()
        if collection is None:
            raise PermissionDenied("You are no curator of this collection.")
        return collection

    def _ask(
        self, request: HttpRequest, collection: Collection, selection: Selection, form: DecideForm
    ) -> TemplateResponse:
        """How many images are meant, some of them, and what would be done."""
        images = find_chosen(collection, selection)
        deed = form.data.get("deed", "")
        if deed in {"hide", "show"}:
            images = images.exclude(hidden=deed == "hide")
        sample = list(images.order_by("-pk").values_list("uuid", flat=True)[:N_SAMPLE])
        context = {
            **self.admin_site.each_context(request),
            "title": "Decide about images",
            "opts": self.opts,
            "media": self.media,
            "collection": collection,
            "form": form,
            "n_images": images.count(),
            "sample": thumbnails(sample),
            "n_more": max(images.count() - len(sample), 0) if len(sample) == N_SAMPLE else 0,
            "filters": selection_query(selection),
            "uuids": ",".join(map(str, selection.uuids)),
            "back": _back(request, collection),
        }
        return TemplateResponse(request, "admin/catalog/image/decide.html", context)

    def _answer(
        self, request: HttpRequest, collection: Collection, change: Change, job: Job | None, values: dict[str, Any]
    ) -> HttpResponse:
        if job is not None:
            return redirect("admin:catalog_job_progress", job.pk)
        report = _report(change, values)
        text = format_html('{} <a href="{}">See the change, undo it</a>', report["text"], report["change"])
        self.message_user(request, text, messages.SUCCESS)
        return redirect(_back(request, collection))


def chosen_in(collection: Collection, params: QueryDict) -> Selection:
    """What a form means: the images that it names, or all that match its filters. Raises SelectionError for neither."""
    if params.get("scope") == "all":
        filters = params.copy()
        filters.pop("uuids", None)
        return Selection.from_params(collection, filters)
    named = [part for value in params.getlist("uuids") for part in value.split(",") if part.strip()]
    # From plain values: an empty list is refused, rather than passing for the whole collection.
    return Selection.from_json({"collection": collection.pk, "uuids": named})


def _posted(params: QueryDict) -> QueryDict:
    """The form's fields; a button that says what and of which label at once ("reject:cat") counts as both."""
    deed, colon, term = params.get("verdict", "").partition(":")
    if not colon:
        return params
    fields = params.copy()
    fields["deed"], fields["term"] = deed, term
    return fields


def hide_chosen(request: HttpRequest, images: QuerySet[Image], *, hidden: bool) -> int:
    """Hide images that the person may curate, or show them again, a change in each collection; says how many were not so already."""
    chosen: dict[int, list[UUID]] = {}
    for collection_id, uuid in images.exclude(hidden=hidden).order_by().values_list("collection", "uuid"):
        chosen.setdefault(collection_id, []).append(uuid)
    n_changed = 0
    for collection in Collection.objects.filter(pk__in=chosen):
        for uuids in in_chunks(chosen[collection.pk], MAX_UUIDS):
            selection = Selection(collection.pk, uuids=tuple(uuids))
            change, _job = start_hiding(collection, selection=selection, hidden=hidden, by=signed_in(request))
            n_changed += change.n_images
    return n_changed


def _undo_address(change: Change) -> str:
    """Where the button that undoes a change posts."""
    return reverse("admin:catalog_change_undo", args=[change.pk])


def _decide(
    request: HttpRequest, collection: Collection, selection: Selection, values: dict[str, Any], expected_n: int | None
) -> tuple[Change, Job | None]:
    by = signed_in(request)
    said: dict[str, Any] = {"selection": selection, "by": by, "reason": values["reason"], "expected_n": expected_n}
    deed = values["deed"]
    if deed in {"hide", "show"}:
        return start_hiding(collection, hidden=deed == "hide", **said)
    return start_decisions(collection, verdicts=[(values["term"].strip(), str(Decision.Verdict(deed)))], **said)


def _report(change: Change, values: dict[str, Any]) -> dict[str, Any]:
    n_images = "1 image" if change.n_images == 1 else f"{change.n_images:,} images"
    deed = values["deed"]
    text = (
        f"“{values['term'].strip()}” {DONE[deed]} {n_images}." if deed in DONE else f"{n_images} {_past(deed, change)}."
    )
    return {
        "text": text,
        "n_images": change.n_images,
        "change": reverse("admin:catalog_change_change", args=[change.pk]),
        "undo": _undo_address(change),
    }


def _past(deed: str, change: Change) -> str:
    is_or_are = "is" if change.n_images == 1 else "are"
    return f"{is_or_are} hidden now" if deed == "hide" else f"{is_or_are} shown now"


def _refuse(request: HttpRequest, as_json: bool, text: str) -> HttpResponse | None:
    """Tell why nothing was done; None where the page itself goes on."""
    if as_json:
        return JsonResponse({"error": text}, status=409)
    messages.error(request, text)
    return None


def _back(request: HttpRequest, collection: Collection) -> str:
    """Where the person came from, within this house."""
    wanted = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if ours else wall_address(collection)
