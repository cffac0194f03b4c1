"""Images come in: as a form with files, or by reference; and what became of them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.urls import URLPattern, URLResolver, path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Batch, BatchItem, Collection, Scope, UploadedFile
from catalog.permissions import Verb, permitted_by_role
from catalog.services.batches import make_batch, make_batch_of_files, start_batch
from catalog.services.uploads import KEEP_FOR, add_uploaded_file, begin_upload
from explorer.api.asking import person_of, validated
from explorer.api.batches import (
    BatchSerializer,
    NewBatchSerializer,
    NewImagesSerializer,
    NewUploadSerializer,
    UploadedFileSerializer,
)
from explorer.api.codes import TooLarge
from explorer.api.idempotency import IdempotentMixin
from explorer.api.permissions import PolicyFiltered, find_collection

MAX_FORM_BYTES = 256 * 1024**2
ROOM_FOR_FIELDS = 1024**2  # around the files, a form has its fields and boundaries

ACCEPTED = OpenApiResponse(
    BatchSerializer, "What was taken; a job imports it. `Location` is where to look how far it is."
)


def require_small_form(request: Request) -> None:
    """Raise TooLarge before a byte of the body is read. Without a length, a server reads no body."""
    told = str(request.META.get("CONTENT_LENGTH") or "0")
    if told.isdecimal() and int(told) > MAX_FORM_BYTES + ROOM_FOR_FIELDS:
        raise TooLarge(
            f"Expected at most {MAX_FORM_BYTES:,} bytes of files in one request, got {int(told):,}. Send them in several."
        )


def batches_of(user: Any) -> QuerySet[Batch]:
    """A person's own batches, and all of collections that they curate, with their items."""
    curated = permitted_by_role(user, Verb.CURATE, Collection.objects.all(), scope=Scope.READ)
    items = Prefetch("items", BatchItem.objects.select_related("image"))
    own = Q(created_by=user) if user.is_authenticated else Q(pk__in=[])
    return (
        Batch.objects.filter(own | Q(collection__in=curated.values("pk")))
        .select_related("collection", "job")
        .prefetch_related(items)
    )


def answer_batch(request: Request, batch: Batch) -> Response:
    """202: the batch as it is now, and where to ask again."""
    told = BatchSerializer(batches_of(request.user).get(pk=batch.pk), context={"request": request}).data
    address = request.build_absolute_uri(reverse("explorer:batch", kwargs={"name": batch.uuid}))
    return Response(told, status=status.HTTP_202_ACCEPTED, headers={"Location": address})


class ImageUploadMixin:
    """For the view of images: taking them in by a form."""

    request: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask how much is sent before anything, for who it is may have to be looked up in the body."""
        if request.method == "POST":
            require_small_form(request)
        super().initial(request, *args, **kwargs)  # type: ignore[misc]  # the view's, beside this one

    def get_parsers(self) -> list[Any]:
        """A form where images are sent, JSON where they are changed."""
        if self.request is not None and self.request.method == "POST":
            return [MultiPartParser()]
        return super().get_parsers()  # type: ignore[misc,no-any-return]  # the view's, beside this one

    @extend_schema(
        summary="Send up to 100 pictures, 256 MB together",
        description="Each becomes an image, a new revision of one (by its external id), or is known already (by its bytes). One that "
        "cannot be taken is refused with a reason, and the others go on.",
        request={"multipart/form-data": NewImagesSerializer},
        responses={202: ACCEPTED},
        filters=False,
    )
    def create(self, request: Request) -> Response:
        """Stage the files and start a job that imports them."""
        values = validated(NewImagesSerializer, request.data)
        collection = find_collection(request, values["collection"], Verb.CONTRIBUTE)
        person = person_of(request)
        batch = make_batch_of_files(collection, by=person, files=values["files"], metadata=values["metadata"])
        start_batch(batch, by=person)
        return answer_batch(request, batch)


class NewBatchView(IdempotentMixin, PolicyFiltered, APIView):
    """Pictures by reference."""

    verbs: Mapping[str, Verb] = {"post": Verb.CONTRIBUTE}

    def get_rows(self) -> QuerySet[Batch]:
        """None are listed."""
        return Batch.objects.none()

    @extend_schema(
        operation_id="batches_create",
        summary="Import up to 1,000 pictures by reference",
        request=NewBatchSerializer,
        responses={202: ACCEPTED},
    )
    def post(self, request: Request) -> Response:
        """Note them and start a job that imports them."""
        given = NewBatchSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        collection = find_collection(request, values["collection"], Verb.CONTRIBUTE)
        person = person_of(request)
        batch = make_batch(collection, by=person, entries=given.entries(), keep_originals=values["keep_originals"])
        start_batch(batch, by=person)
        return answer_batch(request, batch)


class BatchView(PolicyFiltered, APIView):
    """One batch."""

    def get_rows(self) -> QuerySet[Batch]:
        """One's own, and those of collections that one curates."""
        return batches_of(self.request.user)

    @extend_schema(
        operation_id="batches_retrieve",
        summary="What became of each picture of a batch",
        parameters=[OpenApiParameter("name", OpenApiTypes.UUID, "path")],
        responses=BatchSerializer,
    )
    def get(self, request: Request, name: Any) -> Response:
        """The batch with all its items, a thousand at most."""
        batch = self.get_queryset().filter(uuid=name).first()
        if batch is None:
            raise NotFound(f"There is no batch {name}, or none that you may see.")
        return Response(BatchSerializer(batch, context={"request": request}).data)


class NewUploadView(IdempotentMixin, PolicyFiltered, APIView):
    """A file that waits for a batch."""

    verbs: Mapping[str, Verb] = {"post": Verb.CONTRIBUTE}
    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask how much is sent before anything."""
        require_small_form(request)
        super().initial(request, *args, **kwargs)

    def get_rows(self) -> QuerySet[UploadedFile]:
        """None are listed."""
        return UploadedFile.objects.none()

    @extend_schema(
        operation_id="uploads_create",
        summary="Send one file for a later batch",
        description="It waits for a week.",
        request={"multipart/form-data": NewUploadSerializer},
        responses={201: UploadedFileSerializer},
    )
    def post(self, request: Request) -> Response:
        """Stage the file."""
        values = validated(NewUploadSerializer, request.data)
        collection = find_collection(request, values["collection"], Verb.CONTRIBUTE)
        file = values["file"]
        upload = begin_upload(collection, by=person_of(request))
        row = add_uploaded_file(upload, file.name or "file", file)
        told = {"uuid": row.uuid, "size_bytes": row.size_bytes, "expires_at": upload.created_at + KEEP_FOR}
        return Response(UploadedFileSerializer(told).data, status=status.HTTP_201_CREATED)


routes: list[URLPattern | URLResolver] = [
    path("batches/", NewBatchView.as_view(), name="batches"),
    path("batches/<uuid:name>/", BatchView.as_view(), name="batch"),
    path("uploads/", NewUploadView.as_view(), name="uploads"),
]
