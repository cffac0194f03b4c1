"""Decisions about labels and images, renamed and merged labels: made, counted first, read, undone."""

from types import MappingProxyType
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Change, Collection, Decision, Job, Label, Scope
from catalog.permissions import Verb
from catalog.search import Selection, SelectionError
from catalog.services.changes import APPLY_CHANGE, UNDO_CHANGE
from catalog.services.decide import MAX_VERDICTS, find_chosen, start_decisions, start_hiding, start_undo
from catalog.services.history import decided_by
from catalog.services.terms import find_label, merge_labels, rename_label
from catalog.terms import MAX_TERM_LENGTH
from explorer.api.asking import person_of, validated
from explorer.api.filters import NamedFilterSet, Rows
from explorer.api.idempotency import IdempotentMixin
from explorer.api.pagination import CursorPagination
from explorer.api.permissions import PolicyFiltered, find_collection

N_SAMPLES = 12
MAX_IMAGES = 50_000
MAX_REASON_LENGTH = 500


class DecidedSerializer(serializers.Serializer[Any]):
    """What a change said about one label."""

    term = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Decision.Verdict.choices)
    n = serializers.IntegerField(help_text="Images of which it was said.")


class ChangeSerializer(serializers.ModelSerializer[Change]):
    """What somebody changed at once; `decided` and `jobs` of the context are by the changes' keys and uuids."""

    collection = serializers.CharField(source="collection.slug", read_only=True)
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True, read_only=True)
    undone_by = serializers.CharField(source="undone_by.username", default=None, allow_null=True, read_only=True)
    complete = serializers.BooleanField(read_only=True, help_text="False while it is being made, or undone, by a job.")
    selection = serializers.DictField(read_only=True, help_text="The filter, as it was asked.")
    decisions = serializers.SerializerMethodField()
    job = serializers.SerializerMethodField(help_text="uuid of the job that makes or undoes it, if it took one.")

    class Meta:
        model = Change
        fields = [
            "uuid",
            "collection",
            "kind",
            "made_by",
            "made_at",
            "reason",
            "n_images",
            "complete",
            "selection",
            "decisions",
            "undone_at",
            "undone_by",
            "job",
        ]
        read_only_fields = fields

    @extend_schema_field(DecidedSerializer(many=True))
    def get_decisions(self, obj: Change) -> list[dict[str, Any]]:
        """What was said about labels."""
        return [vars(item) for item in self.context["decided"][obj.pk]]

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_job(self, obj: Change) -> str | None:
        """The latest job."""
        job: str | None = self.context["jobs"].get(str(obj.uuid))
        return job


class VerdictSerializer(serializers.Serializer[Any]):
    """What is to be said about one label."""

    term = serializers.CharField(
        max_length=MAX_TERM_LENGTH, help_text="However it is spelled; of what was merged, either."
    )
    verdict = serializers.ChoiceField(
        choices=Decision.Verdict.choices, help_text="Only what is added may be a term that the collection lacks."
    )


class ChosenSerializer(serializers.Serializer[Any]):
    """Which images: named one by one, or by a filter."""

    collection = serializers.CharField(help_text="Slug or uuid.")
    images = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MAX_IMAGES,
        help_text="These; whichever is not of the collection, or not there any more, is left out.",
    )
    selection = serializers.DictField(
        required=False,
        help_text="Or all that match these filters, which are those of the list of images; {} is the whole collection.",
    )
    hidden = serializers.BooleanField(required=False, help_text="Hide them, or show them again.")
    decisions = serializers.ListField(
        child=VerdictSerializer(),
        required=False,
        min_length=1,
        max_length=MAX_VERDICTS,
        help_text="Say this of them, of each label one thing.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one way to say which images, and at most one thing to do."""
        if ("images" in attrs) == ("selection" in attrs):
            raise ValidationError("Expected either images or a selection, one of the two.")
        if "hidden" in attrs and "decisions" in attrs:
            raise ValidationError("Expected either decisions or hidden, got both. Send two requests.")
        return attrs


class MakeChangeSerializer(ChosenSerializer):
    """Which images, and what is to be done with them."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=MAX_REASON_LENGTH)
    expected_n = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="How many images you were shown; another number is a 409 `count_changed`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something to do."""
        if "hidden" not in attrs and "decisions" not in attrs:
            raise ValidationError("Expected decisions, or hidden, got neither. Say what is to be done.")
        return super().validate(attrs)


class PreviewSerializer(serializers.Serializer[Any]):
    """What a change would be about."""

    n_images = serializers.IntegerField()
    sample = serializers.ListField(child=serializers.UUIDField(), help_text=f"At most {N_SAMPLES} of them, the newest.")


class RenameSerializer(serializers.Serializer[Any]):
    """A label and what it is called from now on."""

    collection = serializers.CharField(help_text="Slug or uuid.")
    term = serializers.CharField(max_length=MAX_TERM_LENGTH)
    new_term = serializers.CharField(max_length=MAX_TERM_LENGTH)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=MAX_REASON_LENGTH, default="")


class MergeLabelsSerializer(serializers.Serializer[Any]):
    """Labels, and the one as which they count from now on."""

    collection = serializers.CharField(help_text="Slug or uuid.")
    into = serializers.CharField(max_length=MAX_TERM_LENGTH)
    others = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TERM_LENGTH), min_length=1, max_length=100
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=MAX_REASON_LENGTH, default="")


class ChangeFilterSet(NamedFilterSet):
    """Narrows the list of changes."""

    collection = django_filters.CharFilter(method="in_collection", help_text="Slug or uuid of the collection.")
    image = django_filters.UUIDFilter(method="about", help_text="uuid of an image: changes that it had a part in.")
    kind = django_filters.ChoiceFilter(choices=Change.Kind.choices)

    def about(self, rows: Rows, field: str, uuid: str) -> Rows:
        """Changes of that image; the rows are those that the person may see already."""
        return rows.filter(changed_images__image__uuid=uuid)


class NewestFirst(CursorPagination):
    """What was changed last is what people look for."""

    ordering = "-id"


@extend_schema_view(
    list=extend_schema(summary="Changes of the collections that you contribute to, newest first"),
    retrieve=extend_schema(summary="One change"),
)
class ChangeViewSet(
    IdempotentMixin, PolicyFiltered, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Change]
):
    """What people changed at once, and can take back as a whole."""

    serializer_class = ChangeSerializer
    pagination_class = NewestFirst
    filterset_class = ChangeFilterSet
    lookup_field = "uuid"
    verbs = MappingProxyType(
        {
            "list": Verb.VIEW,
            "retrieve": Verb.VIEW,
            "create": Verb.CURATE,
            "preview": Verb.CURATE,
            "undo": Verb.CURATE,
        }
    )
    scopes = MappingProxyType({"preview": Scope.READ, "undo": Scope.WRITE})

    def get_rows(self) -> QuerySet[Change]:
        """Changes, with who made and who undid them."""
        return Change.objects.select_related("collection", "made_by", "undone_by")

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """A page of changes, or one, with what was said and by which jobs: two queries, however many there are."""
        rows = args[0] if kwargs.get("many") else list(args)
        context = {**self.get_serializer_context(), "decided": decided_by(rows), "jobs": _jobs_of(rows)}
        return ChangeSerializer(*args, **{**kwargs, "context": context})

    @extend_schema(
        summary="Decide about labels of images, or hide images",
        description="Of images named one by one, or of all that match a filter, as they match now. More than 1,000 are changed by a "
        "job: 202 instead of 201, and `complete` is false until it is through.",
        request=MakeChangeSerializer,
        responses={201: ChangeSerializer, 202: ChangeSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a change."""
        asked = validated(MakeChangeSerializer, request.data)
        collection = find_collection(request, asked["collection"], Verb.CURATE)
        options = {
            "selection": _selection_of(collection, asked),
            "by": person_of(request),
            "reason": asked.get("reason", ""),
            "expected_n": asked.get("expected_n"),
        }
        if "hidden" in asked:
            change, job = start_hiding(collection, hidden=asked["hidden"], **options)
        else:
            verdicts = [(item["term"], item["verdict"]) for item in asked["decisions"]]
            change, job = start_decisions(collection, verdicts=verdicts, **options)
        return self._answer(change, status.HTTP_202_ACCEPTED if job else status.HTTP_201_CREATED)

    @extend_schema(
        summary="How many images a change would be about",
        description="The same body as for making it; nothing is changed. Send `n_images` as `expected_n` then.",
        request=ChosenSerializer,
        responses=PreviewSerializer,
    )
    def preview(self, request: Request) -> Response:
        """Count first."""
        asked = validated(ChosenSerializer, request.data)
        collection = find_collection(request, asked["collection"], Verb.CURATE, scope=Scope.READ)
        images = find_chosen(collection, _selection_of(collection, asked))
        if "hidden" in asked:
            images = images.exclude(hidden=asked["hidden"])
        sample = images.order_by("-pk").values_list("uuid", flat=True)[:N_SAMPLES]
        return Response(PreviewSerializer({"n_images": images.count(), "sample": list(sample)}).data)

    @extend_schema(
        summary="Take a whole change back",
        description="What held before holds again, and what was decided later stays. Undoing twice does nothing more. 202 while a job "
        "does it.",
        request=None,
        responses={200: ChangeSerializer, 202: ChangeSerializer},
    )
    def undo(self, request: Request, uuid: str) -> Response:
        """Undo it."""
        change = self.get_object()
        job = start_undo(change, by=person_of(request))
        return self._answer(change, status.HTTP_202_ACCEPTED if job else status.HTTP_200_OK)

    def _answer(self, change: Change, code: int) -> Response:
        return Response(self.get_serializer(change).data, status=code)


class LabelDeed(IdempotentMixin, PolicyFiltered, APIView):
    """Something done with labels as such; terms hold slashes, so they are never in an address."""

    verbs = MappingProxyType({"post": Verb.CURATE})

    def get_rows(self) -> QuerySet[Label]:
        """Labels; found by their terms, in a collection of which the policy was asked."""
        return Label.objects.all()


class RenameLabel(LabelDeed):
    """Renaming."""

    @extend_schema(
        summary="Call a label something else",
        description="Whoever says the old term later, be it an annotator or a person, means the label of the new one.",
        request=RenameSerializer,
        responses={200: ChangeSerializer, 202: ChangeSerializer},
    )
    def post(self, request: Request) -> Response:
        """Rename it."""
        asked = validated(RenameSerializer, request.data)
        collection = find_collection(request, asked["collection"], Verb.CURATE)
        label = find_label(collection, asked["term"])
        return _answer_for(rename_label(label, term=asked["new_term"], by=person_of(request), reason=asked["reason"]))


class MergeLabels(LabelDeed):
    """Merging."""

    @extend_schema(
        summary="Let labels count as another one",
        description="Now and in every later annotation. Where more than 1,000 images have them, a job does it: 202.",
        request=MergeLabelsSerializer,
        responses={200: ChangeSerializer, 202: ChangeSerializer},
    )
    def post(self, request: Request) -> Response:
        """Merge them."""
        asked = validated(MergeLabelsSerializer, request.data)
        collection = find_collection(request, asked["collection"], Verb.CURATE)
        into = find_label(collection, asked["into"])
        others = [find_label(collection, term) for term in asked["others"]]
        change, _job = merge_labels(into, others, by=person_of(request), reason=asked["reason"])
        return _answer_for(change)


def _answer_for(change: Change) -> Response:
    context = {"decided": decided_by([change]), "jobs": _jobs_of([change])}
    code = status.HTTP_200_OK if change.complete else status.HTTP_202_ACCEPTED
    return Response(ChangeSerializer(change, context=context).data, status=code)


def _selection_of(collection: Collection, asked: dict[str, Any]) -> Selection:
    said = {"uuids": asked["images"]} if "images" in asked else asked["selection"]
    if "collection" in said:
        raise ValidationError(
            {"selection.collection": "The collection is said beside the selection. Leave it out here."}
        )
    try:
        return Selection.from_json({**said, "collection": collection.pk})
    except SelectionError as error:
        raise ValidationError({f"selection.{error.field}": error.message}) from error


def _jobs_of(changes: list[Change]) -> dict[str, str]:
    """uuid of a change -> uuid of the latest job that made or undid it."""
    rows = Job.objects.filter(
        kind__in=[APPLY_CHANGE, UNDO_CHANGE],
        collection__in={change.collection_id for change in changes},
        params__change__in=[str(change.uuid) for change in changes],
    )
    return {params["change"]: str(uuid) for params, uuid in rows.order_by("pk").values_list("params", "uuid")}


routes: list[URLPattern | URLResolver] = [
    path("changes/", ChangeViewSet.as_view({"get": "list", "post": "create"}), name="changes-list"),
    path("changes/preview/", ChangeViewSet.as_view({"post": "preview"}), name="changes-preview"),
    path("changes/<uuid:uuid>/", ChangeViewSet.as_view({"get": "retrieve"}), name="changes-detail"),
    path("changes/<uuid:uuid>/undo/", ChangeViewSet.as_view({"post": "undo"}), name="changes-undo"),
    path("labels/rename/", RenameLabel.as_view(), name="labels-rename"),
    path("labels/merge/", MergeLabels.as_view(), name="labels-merge"),
]
