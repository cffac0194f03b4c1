"""Taking a collection, or what a filter of the wall means, out as a file."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from catalog.admin.import_page import ImportAdmin
from catalog.admin.policy import may
from catalog.models import Image
from catalog.permissions import Verb
from catalog.search import Selection, SelectionError, select_images
from catalog.services.export import FORMATS, export_images


class ExportAdmin(ImportAdmin):
    """The admin of collections, with `<id>/export/`: takes what Selection takes, and `format` sends the file."""

    def get_urls(self) -> list[URLPattern]:
        """Adds the page."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("<int:pk>/export/", view, name="catalog_collection_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The ways out, with how many images are meant; or the file itself."""
        collection = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request, Verb.CONTRIBUTE, collection):
            raise PermissionDenied("You may look at this collection, but not take it out. Ask an owner for a role.")
        try:
            selection = Selection.from_params(collection, request.GET)
        except SelectionError as error:
            return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
        images = select_images(selection, Image.objects.all())
        if (wanted := request.GET.get("format", "")) in FORMATS:
            export = export_images(images, wanted, name=collection.slug)
            response = StreamingHttpResponse(export.parts, content_type=export.content_type)
            response.headers["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
            response.headers["Cache-Control"] = "private, no-store"
            return response
        ways = [
            {"title": made.title, "about": made.about, "address": _address_of(request, made.name)}
            for made in FORMATS.values()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "Take pictures out",
            "subtitle": str(collection),
            "opts": self.opts,
            "collection": collection,
            "n_images": images.count(),
            "is_whole": selection.is_empty,
            "ways": ways,
        }
        return TemplateResponse(request, "admin/catalog/collection/export.html", context)


def _address_of(request: HttpRequest, format_name: str) -> str:
    """The same page and filter, with a format to send."""
    asked = request.GET.copy()
    asked["format"] = format_name
    return f"?{asked.urlencode()}"
