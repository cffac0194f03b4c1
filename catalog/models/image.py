"""An image, its revisions, their renditions, and where it came from."""

import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from catalog.media import is_partial_date
from catalog.models.collection import Collection


def validate_taken_at(value: str) -> None:
    """Raise ValidationError unless it is a date of ISO 8601, as far as it is known."""
    if not is_partial_date(value):
        raise ValidationError(f"“{value}” is no date; expected is a year, a month or a day: 1923, 1923-05, 1923-05-01.")


class AnnotationStatus(models.TextChoices):
    """How far the machine came with an image's current revision."""

    WAITING = "waiting", "Waiting"
    ANNOTATED = "annotated", "Annotated"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"  # sent, but the answer was lost


class Image(models.Model):
    """One picture as people know it. Its bytes may be replaced (a new revision); its uuid and its decisions stay."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="images")
    title = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    creator = models.CharField(max_length=500, blank=True)
    credit = models.CharField(max_length=500, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    source_url = models.URLField(max_length=2000, blank=True)
    taken_at = models.CharField(
        "taken or made",
        max_length=32,
        blank=True,
        validators=[validate_taken_at],
        help_text="As far as it is known: 1923, 1923-05, 1923-05-01 or 1923-05-01T10:00:00+01:00.",
    )
    place = models.CharField(max_length=300, blank=True, help_text="In words, from the nearest to the widest.")
    hidden = models.BooleanField(
        default=False,
        help_text="Hidden images are in no new build and shown to nobody without a role; they leave what is published, too.",
    )
    current_revision = models.OneToOneField(
        "Revision", on_delete=models.SET_NULL, null=True, blank=True, related_name="current_of", editable=False
    )
    annotation_status = models.CharField(
        max_length=10, choices=AnnotationStatus, default=AnnotationStatus.WAITING, editable=False
    )
    n_faces = models.PositiveSmallIntegerField(
        null=True, blank=True, editable=False, help_text="As the annotator answered; empty: not looked for."
    )
    n_characters = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="Of the text in the picture; empty: not looked for."
    )
    change_number = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="The collection's clock when anything of it last changed."
    )
    label_change_number = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="The collection's clock when its effective labels last changed."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["collection", "annotation_status"], name="image_status_idx"),
            models.Index(fields=["collection", "hidden"], name="image_hidden_idx"),
            models.Index(fields=["collection", "taken_at"], name="image_taken_idx"),
            models.Index(fields=["collection", "change_number", "id"], name="image_change_idx"),
            models.Index(fields=["collection", "label_change_number"], name="image_label_change_idx"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(annotation_status__in=AnnotationStatus.values), name="image_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.uuid)


class Tombstone(models.Model):
    """That an image was, and is no more: whoever keeps a copy of the collection learns from it what to delete."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="tombstones")
    uuid = models.UUIDField(unique=True)
    external_ids = models.JSONField(default=list)
    change_number = models.PositiveBigIntegerField()
    deleted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["collection", "change_number", "id"], name="tombstone_change_idx")]

    def __str__(self) -> str:
        return str(self.uuid)


class Revision(models.Model):
    """The bytes of an image. A retouched file is a new revision of the same image."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    size_bytes = models.PositiveBigIntegerField()
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField(help_text="Pixels, upright.")
    height = models.PositiveIntegerField(help_text="Pixels, upright.")
    mean_colour = models.PositiveIntegerField(help_text="0xRRGGBB")
    perceptual_hash = models.BigIntegerField(null=True, blank=True, editable=False)
    hash_version = models.PositiveSmallIntegerField(default=0, editable=False, help_text="0: not hashed yet.")
    metadata = models.JSONField(default=dict, blank=True)
    # Either the original lies in our media storage, or we remember where it is (and which generation of it we saw).
    storage_name = models.CharField(max_length=300, blank=True)
    source_uri = models.CharField(max_length=2000, blank=True)
    source_generation = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["image", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["image", "number"], name="revision_number_once"),
            models.UniqueConstraint(fields=["image", "sha256"], name="revision_bytes_once"),
            models.CheckConstraint(condition=Q(width__gt=0, height__gt=0, size_bytes__gt=0), name="revision_not_empty"),
            models.CheckConstraint(condition=Q(mean_colour__lte=0xFFFFFF), name="revision_mean_colour_rgb"),
            models.CheckConstraint(condition=Exact(Length("sha256"), 64), name="revision_sha256_length"),
        ]

    def __str__(self) -> str:
        return f"{self.image} r{self.number}"


class Rendition(models.Model):
    """A derived picture: `small` for models and atlases, `view` for the panel. Upright, sRGB, JPEG, without metadata."""

    class Kind(models.TextChoices):
        """The two sizes of DESIGN.md: short side 320, long side 2,048 pixels."""

        SMALL = "small", "Small"
        VIEW = "view", "View"

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=10, choices=Kind)
    storage_name = models.CharField(max_length=300, unique=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "kind"], name="rendition_kind_once"),
            models.CheckConstraint(condition=Q(kind__in=["small", "view"]), name="rendition_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.revision} {self.kind}"


class Occurrence(models.Model):
    """Where an image came from. Two records with the same bytes are one image with two occurrences."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="occurrences")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="occurrences")
    source = models.CharField(max_length=1000, help_text="The folder, bucket or list it was found in.")
    location = models.CharField(max_length=2000, help_text="The path or address within the source.")
    external_id = models.CharField(max_length=200, blank=True, help_text="The library's own number for it.")
    fingerprint = models.CharField(
        max_length=200,
        blank=True,
        help_text="Size and time of change when it was last read; unchanged means not read again.",
    )
    metadata = models.JSONField(default=dict, blank=True)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "source", "location"], name="occurrence_location_once"),
            models.UniqueConstraint(
                fields=["collection", "external_id"], condition=~Q(external_id=""), name="occurrence_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return self.location


class Refusal(models.Model):
    """Something offered to the collection that could not be taken, and why. It goes when the same place is imported rightly."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="refusals")
    source = models.CharField(max_length=1000)
    location = models.CharField(max_length=2000)
    fingerprint = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40)
    message = models.TextField()
    refused_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = [F("refused_at").desc(), "location"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "source", "location"], name="refusal_location_once")
        ]

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"
