"""What software sends to have pictures imported, and what it is told of them."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Batch, BatchItem, Collection
from catalog.models.image import validate_taken_at
from catalog.services.batches import MAX_BATCH_ITEMS, BatchEntry

MAX_LABELS = 200


class GivenLabelSerializer(serializers.Serializer[Any]):
    """A label that the library gives a picture."""

    term = serializers.CharField(max_length=200)
    score = serializers.FloatField(min_value=0, max_value=1, default=1.0)


class StrictSerializer(serializers.Serializer[Any]):
    """Takes no fields that it does not know: a misspelt name must not lose what it stands for."""

    def to_internal_value(self, data: Any) -> Any:
        """The values. A ValidationError names every field that there is none of."""
        if isinstance(data, Mapping) and (unknown := sorted(set(map(str, data)) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({_shown(name): f"Expected one of {known}." for name in unknown[:20]})
        return super().to_internal_value(data)


def _shown(name: str) -> str:
    """A name that came from outside, short, and of characters that UTF-8 has."""
    return name[:80].encode("utf-8", "replace").decode()


class DescriptionSerializer(StrictSerializer):
    """What people say of a picture, in words."""

    title = serializers.CharField(max_length=500, required=False, allow_blank=True)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    creator = serializers.CharField(max_length=500, required=False, allow_blank=True)
    credit = serializers.CharField(max_length=500, required=False, allow_blank=True)
    licence = serializers.CharField(max_length=200, required=False, allow_blank=True)
    taken_at = serializers.CharField(
        max_length=32,
        required=False,
        allow_blank=True,
        validators=[validate_taken_at],
        help_text="As far as it is known: 1923, 1923-05, 1923-05-01 or 1923-05-01T10:00:00+01:00.",
    )
    place = serializers.CharField(max_length=300, required=False, allow_blank=True, help_text="In words.")


class MetadataSerializer(DescriptionSerializer):
    """What the library knows of a picture, as in a `metadata.csv`."""

    source_url = serializers.CharField(max_length=2000, required=False, allow_blank=True, help_text="http or https.")
    labels = serializers.ListField(child=GivenLabelSerializer(), required=False, max_length=MAX_LABELS)


class FileMetadataSerializer(MetadataSerializer):
    """The same, with the library's own number of the picture."""

    external_id = serializers.CharField(max_length=200, required=False, allow_blank=True)


class BatchEntrySerializer(StrictSerializer):
    """One picture by reference: one of `url`, `gs` and `upload`."""

    url = serializers.CharField(max_length=2000, required=False, help_text="http or https; fetched by this server.")
    gs = serializers.CharField(
        max_length=2000, required=False, help_text="gs://bucket/name, below a folder that the server's operator opened."
    )
    upload = serializers.UUIDField(required=False, help_text="What POST uploads/ answered.")
    external_id = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="The library's own number: sent again with other bytes, it is a new revision of the same image.",
    )
    metadata = MetadataSerializer(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """One reference, no more."""
        if len(named := [kind for kind in BatchItem.Kind.values if kind in values]) != 1:
            raise serializers.ValidationError(
                f"Expected one of url, gs and upload, got {' and '.join(named) or 'none of them'}."
            )
        return values

    def to_entry(self, values: Mapping[str, Any]) -> BatchEntry:
        """As the service takes it."""
        kind = next(kind for kind in BatchItem.Kind.values if kind in values)
        return BatchEntry(kind, str(values[kind]), values.get("external_id", ""), values.get("metadata", {}))


class NewBatchSerializer(StrictSerializer):
    """Up to a thousand pictures by reference."""

    collection = serializers.CharField(max_length=80, help_text="Slug or uuid.")
    items = serializers.ListField(child=BatchEntrySerializer(), min_length=1, max_length=MAX_BATCH_ITEMS)
    keep_originals = serializers.BooleanField(
        default=True, help_text="Whether to copy the bytes, or only remember where they are."
    )

    def entries(self) -> list[BatchEntry]:
        """The valid items, as the service takes them."""
        one = BatchEntrySerializer()
        return [one.to_entry(values) for values in self.validated_data["items"]]


class NewImagesSerializer(serializers.Serializer[Any]):
    """A form: up to 100 files, 256 MB together."""

    collection = serializers.CharField(max_length=80, help_text="Slug or uuid.")
    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=100)
    metadata = serializers.JSONField(
        required=False,
        help_text='What is known of them, by the names of the files: {"a.jpg": {"title": "…", "external_id": "…"}}.',
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Metadata must be about files that were sent."""
        told = values.get("metadata", {})
        if not isinstance(told, Mapping):
            raise serializers.ValidationError(
                {"metadata": "Expected an object from file names to what is known of them."}
            )
        names = {file.name for file in values["files"]}
        if strange := sorted(set(told) - names):
            raise serializers.ValidationError({"metadata": f"No file {_shown(strange[0])!r} was sent."})
        checked = {}
        for name, value in told.items():
            one = FileMetadataSerializer(data=value)
            if not one.is_valid():
                raise serializers.ValidationError({"metadata": {name: one.errors}})
            checked[name] = one.validated_data
        return {**values, "metadata": checked}


class NewUploadSerializer(serializers.Serializer[Any]):
    """A form with one file."""

    collection = serializers.CharField(max_length=80, help_text="Slug or uuid.")
    file = serializers.FileField(allow_empty_file=True)


class UploadedFileSerializer(serializers.Serializer[Any]):
    """A file that waits for a batch."""

    upload = serializers.UUIDField(source="uuid", help_text="Name it as `upload` in a batch.")
    size_bytes = serializers.IntegerField()
    expires_at = serializers.DateTimeField(help_text="When it is forgotten, if no batch wanted it.")


class BatchItemSerializer(serializers.ModelSerializer[BatchItem]):
    """What became of one picture."""

    name = serializers.CharField(source="reference", help_text="The address, or the file's name.")
    image = serializers.SlugRelatedField[Any](slug_field="uuid", read_only=True, allow_null=True)

    class Meta:
        model = BatchItem
        fields = ["number", "name", "external_id", "status", "image", "code", "message"]
        read_only_fields = fields


class BatchCountsSerializer(serializers.Serializer[Any]):
    """How many items are what."""

    waiting = serializers.IntegerField()
    added = serializers.IntegerField()
    revised = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    refused = serializers.IntegerField()


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """A batch, with what became of each of its items so far."""

    batch = serializers.UUIDField(source="uuid", read_only=True)
    collection = serializers.SlugRelatedField[Collection](slug_field="slug", read_only=True)
    job = serializers.SlugRelatedField[Any](
        slug_field="uuid", read_only=True, allow_null=True, help_text="See GET jobs/<uuid>/."
    )
    counts = serializers.SerializerMethodField()
    items = BatchItemSerializer(many=True, read_only=True)

    class Meta:
        model = Batch
        fields = ["batch", "collection", "created_at", "job", "counts", "items"]
        read_only_fields = fields

    @extend_schema_field(BatchCountsSerializer)
    def get_counts(self, batch: Batch) -> dict[str, int]:
        """Of the items, which the view fetched beforehand."""
        statuses = [item.status for item in batch.items.all()]
        return {status: statuses.count(status) for status in BatchItem.Status.values}
