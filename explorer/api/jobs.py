"""Jobs: asked for, watched, cancelled, tried again."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from catalog.models import Collection, Galaxy, Job, JobNote, JobStatus, Scope
from catalog.permissions import Verb
from catalog.services.annotation_estimate import estimate_annotation
from catalog.services.jobs import cancel_job, job_kinds, retry_job, start_job
from catalog.services.time_left import estimate_left
from explorer.api.asking import person_of, validated
from explorer.api.batches import StrictSerializer
from explorer.api.codes import Conflict
from explorer.api.filters import NamedFilterSet
from explorer.api.idempotency import IdempotentMixin
from explorer.api.permissions import PolicyFiltered, find_collection
from explorer.api.views import PolicyViewSet

ASK_AGAIN_S = 2  # while a job is under way
NAME = OpenApiParameter("name", OpenApiTypes.UUID, "path")
LOOK = "While it is under way, `Retry-After` says when to look again."


class JobSerializer(serializers.ModelSerializer[Job]):
    """A background run: how far it is, and how it ended."""

    title = serializers.SerializerMethodField(help_text="What people call it.")
    collection = serializers.SlugRelatedField[Collection](slug_field="slug", read_only=True, allow_null=True)
    galaxy = serializers.SlugRelatedField[Galaxy](slug_field="slug", read_only=True, allow_null=True)
    done = serializers.IntegerField(source="progress_done", read_only=True)
    total = serializers.IntegerField(source="progress_total", read_only=True, help_text="0: nobody knows.")
    left_s = serializers.SerializerMethodField(
        help_text="Seconds until this stage ends, from its own pace; null where nothing honest can be said."
    )
    is_stopping = serializers.SerializerMethodField(
        help_text="Somebody asked to cancel it; it stops at the next safe point."
    )
    result = serializers.JSONField(read_only=True, help_text="What it did, by its kind; empty until it succeeded.")

    class Meta:
        model = Job
        fields = [
            "uuid",
            "kind",
            "title",
            "collection",
            "galaxy",
            "status",
            "stage",
            "done",
            "total",
            "left_s",
            "is_stopping",
            "result",
            "error",
            "created_at",
            "started_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_title(self, job: Job) -> str:
        """Of its kind."""
        kind = job_kinds().get(job.kind)
        return kind.title if kind else job.kind

    def get_left_s(self, job: Job) -> int | None:
        """Whole seconds."""
        left = estimate_left(job, self.context.get("now") or timezone.now())
        return None if left is None else max(0, round(left.total_seconds()))

    def get_is_stopping(self, job: Job) -> bool:
        """Not any more once it has ended."""
        return job.cancel_requested_at is not None and not job.is_ended


class NoteSerializer(serializers.ModelSerializer[JobNote]):
    """A line of a job's log."""

    class Meta:
        model = JobNote
        fields = ["at", "text"]
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    """With its log."""

    notes = NoteSerializer(many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "notes"]
        read_only_fields = fields


class JobFilterSet(NamedFilterSet):
    """Narrows a list of jobs."""

    collection = django_filters.CharFilter(method="in_collection", help_text="Slug or uuid of the collection.")
    galaxy = django_filters.CharFilter(method="in_galaxy", help_text="Slug or uuid of the galaxy.")
    kind = django_filters.CharFilter(help_text="Such as import_batch, annotate_images, build_galaxy.")
    status = django_filters.ChoiceFilter(choices=JobStatus)

    class Meta:
        model = Job
        fields: list[str] = []


@extend_schema_view(list=extend_schema(summary="Jobs of collections that you contribute to"))
class JobViewSet(PolicyViewSet):
    """Background runs."""

    serializer_class = JobSerializer
    filterset_class = JobFilterSet
    link_parameters = ("collection", "galaxy")
    # Cancelling and trying again ask what the job's kind asks for: services.jobs knows.
    verbs: Mapping[str, Verb] = {**PolicyViewSet.verbs, "cancel": Verb.VIEW, "retry": Verb.VIEW}

    def get_serializer_class(self) -> Any:
        """A single job also tells its log."""
        return JobDetailSerializer if self.action == "retrieve" else JobSerializer

    def get_rows(self) -> QuerySet[Job]:
        """Jobs with what they are about."""
        jobs = Job.objects.select_related("collection", "galaxy__collection")
        return jobs.prefetch_related("notes") if self.action == "retrieve" else jobs

    @extend_schema(summary="One job", description=LOOK, parameters=[NAME])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far it is."""
        return answer_job(self, self.get_object())

    @extend_schema(
        summary="Ask a job to stop at its next safe point", parameters=[NAME], request=None, responses=JobSerializer
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, name: str) -> Response:
        """One that has ended is left as it is."""
        return answer_job(self, cancel_job(self.get_object(), by=person_of(request)))

    @extend_schema(
        summary="Do again what failed or was cancelled, as a new job",
        parameters=[NAME],
        request=None,
        responses={202: JobSerializer},
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, name: str) -> Response:
        """What somebody agreed to pay is not agreed to again."""
        return answer_job(self, retry_job(self.get_object(), by=person_of(request)), status.HTTP_202_ACCEPTED)


def answer_job(view: Any, job: Job, code: int = status.HTTP_200_OK) -> Response:
    """A job as the view tells it; where it is new, with its address; while it is under way, with when to look again."""
    headers = {} if job.is_ended else {"Retry-After": str(ASK_AGAIN_S)}
    if code == status.HTTP_202_ACCEPTED:
        address = reverse("explorer:jobs-detail", kwargs={"name": job.uuid})
        headers["Location"] = view.request.build_absolute_uri(address)
    return Response(view.get_serializer(job).data, status=code, headers=headers)


class AnnotationSerializer(StrictSerializer):
    """Which annotation is asked for; what is looked for is the collection's own setting."""

    unknown = serializers.BooleanField(
        default=False, help_text="Ask again where an answer was lost after sending; that may be paid twice."
    )
    max_units = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="How many units you agree to pay for at most. Needed where the annotator costs money; without it, 409 "
        "`needs_consent` tells what it would cost.",
    )


class JobStartedSerializer(serializers.Serializer[Any]):
    """A job was queued."""

    job = serializers.UUIDField(help_text="See GET jobs/<uuid>/.")


def answer_started(request: Request, job: Job) -> Response:
    """202: a job, and where to watch it."""
    address = request.build_absolute_uri(reverse("explorer:jobs-detail", kwargs={"name": job.uuid}))
    headers = {"Location": address, "Retry-After": str(ASK_AGAIN_S)}
    return Response({"job": str(job.uuid)}, status=status.HTTP_202_ACCEPTED, headers=headers)


class NeedsConsent(Conflict):
    """It costs money, and nobody has said how much may be paid."""

    default_code = "needs_consent"


class AnnotateView(IdempotentMixin, PolicyFiltered, APIView):
    """Annotation of a collection."""

    verbs: Mapping[str, Verb] = {"post": Verb.CURATE}
    scopes: Mapping[str, Scope] = {"post": Scope.ANNOTATE}

    def get_rows(self) -> QuerySet[Collection]:
        """None are listed."""
        return Collection.objects.none()

    @extend_schema(
        operation_id="collections_annotate",
        summary="Have what is not annotated yet annotated",
        parameters=[OpenApiParameter("name", str, "path", description="Slug or uuid.")],
        request=AnnotationSerializer,
        responses={202: OpenApiResponse(JobStartedSerializer, f"It is queued. {LOOK}")},
    )
    def post(self, request: Request, name: str) -> Response:
        """Start it, if it costs nothing or somebody agreed to pay."""
        collection = find_collection(request, name, Verb.CURATE, scope=Scope.ANNOTATE)
        asked = validated(AnnotationSerializer, request.data)
        params = {key: value for key, value in asked.items() if value}
        estimate = estimate_annotation(collection, unknown=asked["unknown"])
        if not estimate.currency:
            params.pop("max_units", None)
        elif "max_units" not in params:
            raise NeedsConsent(
                f"Expected max_units, got none: {estimate.annotator} would be asked {estimate.n_units:,} units, "
                f"{estimate.cost:.2f} {estimate.currency} by the prices of {estimate.prices_as_of}. Send max_units to agree."
            )
        return answer_started(
            request, start_job("annotate_images", params, by=person_of(request), collection=collection)
        )


router = SimpleRouter(use_regex_path=False)
router.register("jobs", JobViewSet, basename="jobs")

routes: list[URLPattern | URLResolver] = [
    *router.urls,
    path("collections/<slug:name>/annotate/", AnnotateView.as_view(), name="collection-annotate"),
]
