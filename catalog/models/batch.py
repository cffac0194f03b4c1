"""Images that other software sends together, and what became of each."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection
from catalog.models.image import Image
from catalog.models.job import Job
from catalog.models.upload import UploadedFile


class Batch(models.Model):
    """Up to a thousand images by reference, imported by one job."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="batches")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="batches")
    keep_originals = models.BooleanField(default=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"Batch {self.uuid}"


class BatchItem(models.Model):
    """One image of a batch: where it is, and what became of it."""

    class Kind(models.TextChoices):
        """How an item says where its picture is."""

        URL = "url", "URL"
        GS = "gs", "Bucket"
        UPLOAD = "upload", "Upload"

    class Status(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Waiting"
        ADDED = "added", "Added"
        REVISED = "revised", "Revised"
        DUPLICATE = "duplicate", "Duplicate"
        UNCHANGED = "unchanged", "Unchanged"
        REFUSED = "refused", "Refused"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    reference = models.CharField(max_length=2000)
    uploaded_file = models.ForeignKey(
        UploadedFile, on_delete=models.SET_NULL, null=True, blank=True, related_name="batch_items"
    )
    external_id = models.CharField(max_length=200, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    image = models.ForeignKey(Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="batch_items")
    code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["batch", "number"]
        indexes = [models.Index(fields=["batch", "status"], name="batch_item_status_idx")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_item_number_once"),
            models.CheckConstraint(condition=Q(kind__in=["url", "gs", "upload"]), name="batch_item_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "added", "revised", "duplicate", "unchanged", "refused"]),
                name="batch_item_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"
