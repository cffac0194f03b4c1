"""Labels that people teach by example: each training is a version, and one accepted version labels the collection."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection
from catalog.models.image import Image
from catalog.models.label import Label

TAUGHT = "taught:"


class TaughtLabel(models.Model):
    """A term that a collection was taught."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="taught_labels")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="taught_labels")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    current_version = models.OneToOneField(
        "TaughtVersion",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="current_of",
        editable=False,
        help_text="The one that labels; empty: none is accepted.",
    )

    class Meta:
        ordering = ["label__key"]
        constraints = [models.UniqueConstraint(fields=["collection", "label"], name="taught_label_once")]

    def __str__(self) -> str:
        return self.label.term

    @property
    def annotator(self) -> str:
        """The source of its labels."""
        return TAUGHT + self.label.key


class TaughtVersion(models.Model):
    """One training: what it learned from, what it learned, and how right it is."""

    taught = models.ForeignKey(TaughtLabel, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    visual_version = models.CharField(max_length=80, help_text="Of the features that it was trained on.")
    weights = models.BinaryField(help_text="257 little-endian float32: 256 weights and the intercept.")
    n_accepts = models.PositiveIntegerField()
    n_rejects = models.PositiveIntegerField()
    cut_off = models.FloatField(help_text="From this score on an image gets the label.")
    n_above = models.PositiveIntegerField(help_text="Images at or above the cut-off.")
    precision = models.FloatField(null=True, blank=True, help_text="Of those, how many are right; empty: not judged.")
    precision_low = models.FloatField(null=True, blank=True)
    precision_high = models.FloatField(null=True, blank=True)
    n_judged = models.PositiveIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["taught", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["taught", "number"], name="taught_version_number_once"),
            models.CheckConstraint(condition=Q(n_accepts__gte=10), name="taught_version_of_10_accepts"),
            models.CheckConstraint(condition=Q(cut_off__gte=0, cut_off__lte=1), name="taught_version_cut_off_0_to_1"),
            models.CheckConstraint(
                condition=Q(precision=None, precision_low=None, precision_high=None)
                | Q(
                    precision__gte=0,
                    precision__lte=1,
                    precision_low__gte=0,
                    precision_low__lte=1,
                    precision_high__gte=0,
                    precision_high__lte=1,
                ),
                name="taught_version_precision_0_to_1",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taught} {self.number}"


class JudgedSample(models.Model):
    """One image of a sample above the cut-off, and whether a person found the label right."""

    version = models.ForeignKey(TaughtVersion, on_delete=models.CASCADE, related_name="samples")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    is_right = models.BooleanField(null=True, blank=True, help_text="Empty: not judged yet.")
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    judged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["version", "image"], name="judged_sample_once")]

    def __str__(self) -> str:
        return f"{self.image} of {self.version}"
