"""Terms, what machines and people said with them about images, and what holds in the end."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection
from catalog.models.galaxy import Galaxy
from catalog.models.image import Image


class Label(models.Model):
    """A term of a collection, as given, beside the folded key by which it is found."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="labels")
    term = models.CharField(max_length=200)
    key = models.CharField(max_length=200, editable=False, help_text="Unicode NFKC, case folded, single blanks.")
    vocabulary = models.CharField(
        max_length=40, blank=True, help_text="Where the concept id comes from: wordnet, kg, aat, wikidata."
    )
    concept_id = models.CharField(max_length=100, blank=True)
    alias_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="aliases",
        help_text="Renamed or merged into this label; later annotations obey.",
    )

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "key"], name="label_key_once"),
            models.CheckConstraint(condition=~Q(key=""), name="label_key_not_empty"),
            models.CheckConstraint(condition=~Q(alias_of=models.F("id")), name="label_not_its_own_alias"),
            models.CheckConstraint(
                condition=Q(vocabulary="", concept_id="") | (~Q(vocabulary="") & ~Q(concept_id="")),
                name="label_concept_has_vocabulary",
            ),
        ]

    def __str__(self) -> str:
        return self.term


class MachineLabel(models.Model):
    """What a machine or a sidecar said: (image, label, score, source). Written by annotators, never edited by hand."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="machine_labels")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="machine_labels")
    score = models.FloatField()
    source = models.CharField(
        max_length=220, help_text="The annotator's name, sidecar, or taught: and the label's key."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["image", "label", "source"], name="machine_label_once_a_source"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="machine_label_score_0_to_1"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.score:.2f} ({self.source})"


class Change(models.Model):
    """What one person did at once, to one image or to forty thousand: it is undone at once, too.

    A large one is made in pieces, by a job: `complete` is False and `last_image` tells how far it came.
    """

    class Kind(models.TextChoices):
        """What was done."""

        DECIDE = "decide", "Labels decided"
        HIDE = "hide", "Images hidden"
        SHOW = "show", "Images shown again"
        RENAME = "rename", "Label renamed"
        MERGE = "merge", "Labels merged"
        PIN = "pin", "Images pinned to a cluster"
        CLUSTERS = "clusters", "Clusters changed"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="changes")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="changes")
    made_at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DECIDE)
    reason = models.CharField(max_length=500, blank=True)
    galaxy = models.ForeignKey(Galaxy, on_delete=models.SET_NULL, null=True, blank=True, related_name="changes")
    selection = models.JSONField(default=dict, blank=True, help_text="The filter, as it was asked.")
    details = models.JSONField(default=dict, blank=True, help_text="What undoing needs to know.")
    n_images = models.PositiveIntegerField(default=0)
    complete = models.BooleanField(default=True, help_text="False while it is being made, or undone, in pieces.")
    last_image = models.BigIntegerField(default=0, editable=False, help_text="The last image that it has come to.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="undone_changes"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["decide", "hide", "show", "rename", "merge", "pin", "clusters"]),
                name="change_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_by} at {self.made_at:%Y-%m-%d %H:%M}"


class ChangedImage(models.Model):
    """Whom a change is about, written down when it begins: what it does must not take an image out of its own filter."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="changed_images")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="changes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "image"], name="changed_image_once")]

    def __str__(self) -> str:
        return f"{self.image} in {self.change}"


class Decision(models.Model):
    """A person's word about a label on an image. The latest one whose change is not undone holds."""

    class Verdict(models.TextChoices):
        """Accept what a machine said, reject it, or add what no machine said."""

        ACCEPT = "accept", "Accept"
        REJECT = "reject", "Reject"
        ADD = "add", "Add"

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="decisions")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="decisions")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="decisions")
    verdict = models.CharField(max_length=6, choices=Verdict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["image", "label", "-id"], name="decision_image_idx")]
        constraints = [
            models.UniqueConstraint(fields=["change", "image", "label"], name="decision_once_a_change"),
            models.CheckConstraint(condition=Q(verdict__in=["accept", "reject", "add"]), name="decision_verdict_known"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.label} on {self.image}"


class EffectiveLabel(models.Model):
    """What holds: decisions over sidecars over machines. Derived by catalog.services.labels, the only thing that is read."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="effective_labels")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="effective_labels")
    score = models.FloatField()
    source = models.CharField(
        max_length=220, help_text="decision, sidecar, the annotator's name, or taught: and the label's key."
    )

    class Meta:
        ordering = ["-score", "label__key"]
        indexes = [models.Index(fields=["label", "-score", "image"], name="effective_label_score_idx")]
        constraints = [
            models.UniqueConstraint(fields=["image", "label"], name="effective_label_once"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="effective_label_score_0_to_1"),
            models.CheckConstraint(
                condition=~Q(source="decision") | Q(score=1.0), name="effective_label_human_score_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.score:.2f} ({self.source})"
