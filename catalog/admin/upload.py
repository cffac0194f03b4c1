"""The page on which a person sends pictures: many at once, or an archive of them, with a script or without."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from catalog.admin.export import ExportAdmin
from catalog.admin.policy import may, signed_in
from catalog.models import Collection, Upload
from catalog.permissions import Verb
from catalog.services.errors import ServiceError
from catalog.services.uploads import (
    MAX_UPLOAD_BYTES,
    MAX_UPLOAD_FILES,
    add_uploaded_file,
    begin_upload,
    discard_upload,
    refusals_of,
    start_upload,
    waiting_uploads,
)

# Around the files, a form has its fields and boundaries.
MAX_REQUEST_BYTES = MAX_UPLOAD_BYTES + 1024**2
UPLOADS_LISTED = 20
REASONS_LISTED = 50


class UploadAdmin(ExportAdmin):
    """The admin of collections, with a page for sending pictures to whoever may contribute."""

    change_form_template = "admin/catalog/collection/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Adds `<id>/upload/`."""
        view = self.admin_site.admin_view(self.upload_view)
        return [path("<int:pk>/upload/", view, name="catalog_collection_upload"), *super().get_urls()]

    def page_context(self, request: HttpRequest, obj: Collection) -> dict[str, Any]:
        """The ways in and out."""
        ways = {}
        if may(request, Verb.CONTRIBUTE, obj):
            for name in ("upload", "export", "import"):
                ways[f"{name}_address"] = reverse(f"admin:catalog_collection_{name}", args=[obj.pk])
        return super().page_context(request, obj) | ways

    # Exempt, so that who may send, and how much, is asked before a byte of the body is read; then protected as every other form.
    @csrf_exempt
    def upload_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the page, and takes what it sends: some files, the word to import them, or both."""
        collection = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request, Verb.CONTRIBUTE, collection):
            raise PermissionDenied("You may look at this collection, but not add to it. Ask an owner for a role.")
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
            if length > MAX_REQUEST_BYTES:
                raise ServiceError(f"At most {number_format(MAX_UPLOAD_BYTES, use_l10n=True)} bytes are taken at once.")
            if request.method == "POST":
                request.FILES  # noqa: B018  # reads the body
        except (ServiceError, TooManyFilesSent) as error:
            text = str(error)
            if isinstance(error, TooManyFilesSent):
                text = "A browser without JavaScript may send 100 files at once. Send fewer, or a zip archive of them."
            return self._refuse(request, collection, text, status=413)
        answer: HttpResponse = csrf_protect(self._take if request.method == "POST" else self._show)(request, collection)
        return answer

    def _show(self, request: HttpRequest, collection: Collection, status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Add pictures",
            "subtitle": str(collection),
            "opts": self.opts,
            "collection": collection,
            "max_files": MAX_UPLOAD_FILES,
            "max_bytes": MAX_UPLOAD_BYTES,
            "uploads": [
                _describe(upload) for upload in waiting_uploads(collection, by=signed_in(request))[:UPLOADS_LISTED]
            ],
        }
        return TemplateResponse(request, "admin/catalog/collection/upload.html", context, status=status)

    def _take(self, request: HttpRequest, collection: Collection) -> HttpResponse:
        person = signed_in(request)
        upload = _find(person, collection, request.POST.get("upload", ""))
        if "discard" in request.POST and upload is not None:
            discard_upload(upload)
            return redirect("admin:catalog_collection_upload", collection.pk)
        files = request.FILES.getlist("files")
        if upload is None and not files:
            return self._refuse(
                request, collection, "Nothing was sent. Choose some pictures, or a zip archive of them."
            )
        try:
            upload = upload or begin_upload(collection, by=person)
        except ServiceError as error:
            return self._refuse(request, collection, str(error))
        refused = []
        for file in files:
            try:
                add_uploaded_file(upload, file.name or "", file)
            except ServiceError as error:
                refused.append(str(error))
        if _wants_json(request) and "start" not in request.POST:
            return JsonResponse({"upload": str(upload.uuid), "refused": refused}, status=422 if refused else 200)
        for text in refused:
            messages.warning(request, text)
        if not upload.files.exists():
            return self._refuse(request, collection, "Nothing of what was sent could be taken.")
        job = start_upload(upload, by=person)
        progress = reverse("admin:catalog_job_progress", args=[job.pk])
        return JsonResponse({"progress_url": progress}) if _wants_json(request) else redirect(progress)

    def _refuse(self, request: HttpRequest, collection: Collection, text: str, status: int = 400) -> HttpResponse:
        if _wants_json(request):
            return JsonResponse({"refused": [text]}, status=status)
        messages.error(request, text)
        return self._show(request, collection, status)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _find(person: User, collection: Collection, given: str) -> Upload | None:
    """The person's own upload of this uuid, or None if none was named."""
    if not given:
        return None
    try:
        return get_object_or_404(Upload, collection=collection, created_by=person, uuid=UUID(given))
    except ValueError as error:
        raise Http404("There is no such upload.") from error


def _describe(upload: Upload) -> dict[str, Any]:
    reasons = refusals_of(upload)
    return {
        "uuid": upload.uuid,
        "created_at": upload.created_at,
        "n_files": upload.files.count(),
        "reasons": [message for _name, message in reasons[:REASONS_LISTED]],
        "n_more": max(0, len(reasons) - REASONS_LISTED),
    }
