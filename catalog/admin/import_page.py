"""The page on which a person names where pictures are, and sees what could not be taken from there."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from catalog.admin.job_actions import JobActionAdmin
from catalog.admin.policy import may, person_of
from catalog.models import Collection, Refusal
from catalog.permissions import Verb, is_trusted
from catalog.services.errors import ServiceError
from catalog.services.imports import is_on_the_web, retry_refused, start_import

REASONS_LISTED = 5
FOR_CONTRIBUTORS = (
    "The address of an IIIF manifest or collection, or commons: and the name of a category of Wikimedia Commons. "
    "Other places are read by administrators."
)
FOR_ADMINISTRATORS = (
    "A folder, a zip archive or a table of files and addresses (.csv) on the server; gs:// with a bucket and the beginning of names in it; "
    "the address of an IIIF manifest or collection; commons: and the name of a category of Wikimedia Commons."
)


class ImportForm(forms.Form):
    """Where the pictures are, and whether to keep them."""

    source = forms.CharField(
        label="Where the pictures are",
        max_length=2000,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "autofocus": True}),
    )
    keep_originals = forms.BooleanField(
        required=False,
        help_text="Copy the files, too. Off, they stay where they are, and only what is shown of them is kept here.",
    )

    def __init__(self, *args: Any, trusted: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trusted = trusted
        self.fields["source"].help_text = FOR_ADMINISTRATORS if trusted else FOR_CONTRIBUTORS

    def clean_source(self) -> str:
        """What this person may have read."""
        source = str(self.cleaned_data["source"]).strip()
        if not self.trusted and not is_on_the_web(source):
            raise forms.ValidationError(
                f"Expected an address that begins with https:// or with commons:, got {source}. "
                "Folders and buckets are read by administrators."
            )
        return source


class ImportAdmin(JobActionAdmin[Collection]):
    """The admin of collections, with `<id>/import/`, and `<id>/retry-refused/`, where its button posts."""

    def get_urls(self) -> list[URLPattern]:
        """Adds the two."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/import/", wrap(self.import_view), name="catalog_collection_import"),
            path(
                "<int:pk>/retry-refused/", wrap(require_POST(self.retry_view)), name="catalog_collection_retry_refused"
            ),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form; posted, it starts the job and leads to its progress."""
        collection = self._find(request, pk)
        trusted = is_trusted(request.user)
        form = ImportForm(request.POST or None, trusted=trusted, initial={"source": request.GET.get("source", "")})
        if request.method == "POST" and form.is_valid() and (person := person_of(request)):
            values = form.cleaned_data
            try:
                job = start_import(collection, values["source"], keep_originals=values["keep_originals"], by=person)
            except ServiceError as error:
                form.add_error("source", str(error))
            else:
                return redirect("admin:catalog_job_progress", job.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import pictures",
            "subtitle": str(collection),
            "opts": self.opts,
            "collection": collection,
            "form": form,
            "refused": _refusals_by_source(collection),
        }
        return TemplateResponse(request, "admin/catalog/collection/import.html", context)

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look again at what was refused."""
        collection = self._find(request, pk)
        person = person_of(request)
        if person is None:
            raise PermissionDenied("Log in first.")
        outcome = retry_refused(collection, by=person)
        for text in outcome.left:
            messages.warning(request, text)
        if len(outcome.jobs) == 1:
            return redirect("admin:catalog_job_progress", outcome.jobs[0].pk)
        if outcome.jobs:
            messages.success(request, f"{len(outcome.jobs)} imports were started.")
            return redirect("admin:catalog_job_changelist")
        if not outcome.left:
            messages.info(request, "Nothing is refused.")
        return redirect("admin:catalog_collection_import", collection.pk)

    def _find(self, request: HttpRequest, pk: int) -> Collection:
        collection = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request, Verb.CONTRIBUTE, collection):
            raise PermissionDenied("You may look at this collection, but not add to it. Ask an owner for a role.")
        return collection


def _refusals_by_source(collection: Collection) -> list[dict[str, Any]]:
    """What was refused, a row a source: how much, and the newest reasons."""
    rows = Refusal.objects.filter(collection=collection)
    counts = rows.order_by("source").values("source").annotate(n=Count("pk"))
    address = reverse("admin:catalog_refusal_changelist")
    return [
        {
            "source": row["source"],
            "n": row["n"],
            "reasons": list(rows.filter(source=row["source"])[:REASONS_LISTED]),
            "n_more": max(0, row["n"] - REASONS_LISTED),
            "address": f"{address}?{urlencode({'collection__id__exact': str(collection.pk), 'source__exact': str(row['source'])})}",
        }
        for row in counts[:50]
    ]
