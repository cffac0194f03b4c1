"""The library, taken out."""

from collections.abc import Mapping
from types import MappingProxyType

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from catalog.models import Image, Scope
from catalog.permissions import Verb
from catalog.search import select_images
from catalog.services.export import FORMATS, export_images
from explorer.api.maps import JsonWhateverFormat
from explorer.api.permissions import PolicyFiltered, find_collection
from explorer.api.search import SELECTION, read_selection


class ExportView(PolicyFiltered, APIView):
    """A collection, or a selection of it, as a file."""

    verbs: Mapping[str, Verb] = MappingProxyType({"get": Verb.CONTRIBUTE, "metadata": Verb.CONTRIBUTE})
    scopes: Mapping[str, Scope] = MappingProxyType({"get": Scope.READ, "metadata": Scope.READ})
    link_parameters = ("collection",)
    content_negotiation_class = JsonWhateverFormat

    def get_rows(self) -> QuerySet[Image]:
        """Every image."""
        return Image.objects.all()

    @extend_schema(
        operation_id="export",
        summary="A collection, or any selection of it, as a file",
        description="For contributors. Streamed; hidden images are in it unless `hidden=false`. `csv`: UTF-8 with a header line, which an "
        "import reads again. `jsonl`: a JSON object a line, each label with its score and who says it. `xmp`: a zip of sidecars. `iptc`: a "
        "zip of copies that carry their labels as IPTC and XMP: of the originals that are kept, else of the view renditions.",
        parameters=[
            OpenApiParameter("format", str, enum=list(FORMATS), required=True, description="What to make of it."),
            *SELECTION,
        ],
        responses={
            (200, made.content_type.split(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")
            for made in FORMATS.values()
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """The file."""
        collection = find_collection(
            request, request.query_params.get("collection", ""), Verb.CONTRIBUTE, scope=Scope.READ
        )
        asked = request.query_params.get("format", "")
        if asked not in FORMATS:
            raise ValidationError({"format": f"Expected one of {', '.join(FORMATS)}, got {asked[:40]!r}."})
        images = select_images(read_selection(request, collection), self.get_queryset())
        export = export_images(images, asked, name=collection.slug)
        response = StreamingHttpResponse(export.parts, content_type=export.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


routes: list[URLPattern | URLResolver] = [path("export/", ExportView.as_view(), name="export")]
