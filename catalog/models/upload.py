"""Files that a person sent and that wait to become images."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection


class Upload(models.Model):
    """Files sent together. It goes when all of them are images, or after a week."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="uploads")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Upload {self.uuid}"


class UploadedFile(models.Model):
    """One file of an upload, staged in media storage under a name of our own; it goes once it is an image."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=300, help_text="What the person called it; nothing is written under it.")
    storage_name = models.CharField(max_length=300, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    is_archive = models.BooleanField(default=False, help_text="Its first bytes are those of a zip archive.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "name"], name="uploaded_file_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="uploaded_file_has_name"),
        ]

    def __str__(self) -> str:
        return self.name
