"""What an annotator answered about some bytes. Tied to no collection: the same bytes are never asked, or paid, twice."""

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from catalog.annotators import Feature
from catalog.models.annotation_run import AnnotationRun


class Annotation(models.Model):
    """One annotator's answer for one feature of some bytes.

    ::

        reserved -> sent -> answered
       |          |---> failed     the annotator said why it could not
       |          '---> unknown    sent, but the answer was lost: it may have been billed
       '---> (no row, or answered as before)    surely not executed, or its run died before sending

    A run holds a row from `reserved` until it is answered, failed or unknown; no other run asks meanwhile.
    "Not looked for" is the absence of a row; "looked, none found" is an answered row with an empty payload.
    """

    class Status(models.TextChoices):
        """The states drawn above."""

        RESERVED = "reserved", "Reserved"
        SENT = "sent", "Sent"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Unknown"

    sha256 = models.CharField(max_length=64)
    annotator = models.CharField(max_length=40)
    feature = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    parameters = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.RESERVED)
    error = models.TextField(blank=True)
    ticket = models.CharField(max_length=300, blank=True, help_text="The annotator's own name for a long operation.")
    run = models.ForeignKey(
        AnnotationRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="annotations", editable=False
    )
    is_unsafe = models.BooleanField(
        null=True,
        editable=False,
        help_text="Of an answer of safe search: whether it calls the picture adult, violent or racy. Kept beside the answer, because every "
        "door asks.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["annotator", "status"],
                condition=Q(status__in=["reserved", "sent", "unknown"]),
                name="annotation_open_idx",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "annotator", "feature", "model", "parameters"], name="annotation_never_twice"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["reserved", "sent", "answered", "failed", "unknown"]),
                name="annotation_status_known",
            ),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(error=""), name="annotation_failure_has_reason"),
            models.CheckConstraint(condition=Exact(Length("sha256"), 64), name="annotation_sha256_length"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} {self.feature} of {self.sha256[:12]}: {self.status}"


def find_verdict(image: str = "") -> Subquery:
    """What safe search says of an image's current bytes, as an expression: True is unsafe, False is safe, NULL is not looked at.

    The collection's annotator is asked; of several answers the latest counts.

    Parameters
    ----------
    image
        The path from a row of the outer query to its image, such as `image__`; empty where the rows are images.
    """
    answers = Annotation.objects.filter(
        sha256=OuterRef(f"{image}current_revision__sha256"),
        annotator=OuterRef(f"{image}collection__annotator"),
        feature=Feature.SAFE_SEARCH_DETECTION,
        status=Annotation.Status.ANSWERED,
    )
    return Subquery(answers.order_by("-updated_at", "-pk").values("is_unsafe")[:1])


class LostAnswer(Annotation):
    """An unknown annotation, as the admin lists them: somebody decides whether to ask, and perhaps pay, again."""

    class Meta:
        proxy = True


class AnnotationPayload(models.Model):
    """The answer itself: a partial AnnotateImageResponse in Cloud Vision's camelCase JSON, deflated.

    A table of its own, because a million of these are gigabytes that most queries never touch (FACTS.md).
    """

    annotation = models.OneToOneField(Annotation, on_delete=models.CASCADE, related_name="payload", primary_key=True)
    document = models.BinaryField(help_text="zlib-compressed UTF-8 JSON.")

    def __str__(self) -> str:
        return f"payload of {self.annotation_id}"
