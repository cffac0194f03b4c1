"""What was published: the artifact of one build, the objects it consists of, and what the next one needs to know of them."""

import uuid

from django.conf import settings
from django.db import models

from catalog.models.galaxy import Build, Galaxy


class Publication(models.Model):
    """The artifact of one build, in the storage `galaxies`. A galaxy points to the current one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    galaxy = models.ForeignKey(Galaxy, on_delete=models.CASCADE, related_name="publications")
    build = models.ForeignKey(Build, on_delete=models.RESTRICT, related_name="publications")
    format_version = models.PositiveSmallIntegerField()
    content_fingerprint = models.CharField(max_length=64, help_text="SHA-256 over all that the artifact is made of.")
    manifest_name = models.CharField(max_length=300)
    n_images = models.PositiveIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="publications"
    )
    published_at = models.DateTimeField(auto_now_add=True)
    despite_safe_search = models.BooleanField(
        default=False,
        help_text="Whoever published it said to do so although safe search had not looked at all of its images.",
    )
    told = models.JSONField(
        default=list, editable=False, help_text="The features and switches of the galaxy by which it was published."
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.galaxy}, published {self.published_at:%Y-%m-%d %H:%M}"


class PublicationObject(models.Model):
    """One immutable object of a publication; publications of a galaxy share those that did not change."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="objects_published")
    storage_name = models.CharField(max_length=300, db_index=True)
    size_bytes = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publication", "storage_name"], name="publication_object_once"),
        ]

    def __str__(self) -> str:
        return self.storage_name


class ArtifactPart(models.Model):
    """A part of an artifact that was made once: what it was made of, and the object it became.

    So a publication that was killed goes on where it was, and a later one makes only what changed.
    """

    galaxy = models.ForeignKey(Galaxy, on_delete=models.CASCADE, related_name="artifact_parts")
    key = models.CharField(max_length=64, help_text="Hash over all that the part was made of.")
    storage_name = models.CharField(max_length=300, db_index=True)
    size_bytes = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["galaxy", "key"], name="artifact_part_once")]

    def __str__(self) -> str:
        return self.storage_name


class PublishingLease(models.Model):
    """The right to write a galaxy's published files, held by one deed at a time: publishing, going back, sweeping.

    The deed renews it; when its process is killed it runs out after `GALAXY_LEASE_S`, and whoever waits may take it.
    """

    galaxy = models.OneToOneField(Galaxy, on_delete=models.CASCADE, related_name="publishing_lease")
    deed = models.CharField(max_length=40)
    token = models.UUIDField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.deed} {self.galaxy}"
