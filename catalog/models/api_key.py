"""Keys by which other software comes in."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from catalog.models.collection import Collection


class Scope(models.TextChoices):
    """What a key opens, of what its owner may do."""

    READ = "read", "Read: look, search, export"
    WRITE = "write", "Write: add and change images, labels, clusters and galaxies"
    ANNOTATE = "annotate", "Annotate: have pictures annotated, which may cost money"
    PUBLISH = "publish", "Publish: publish, go back, withdraw"


def validate_scopes(value: object) -> None:
    """At least one scope, each known and given once."""
    known = ", ".join(Scope.values)
    if not isinstance(value, list) or not value or not set(map(str, value)) <= set(Scope.values):
        raise ValidationError(f"Expected one or more of {known}, got {str(value)[:100]}.")
    if len(set(value)) < len(value):
        raise ValidationError(f"Expected each scope once, got {', '.join(value)}.")


class ApiKey(models.Model):
    """A key of one person's; within its scopes, and its collection, it may do what that person may.

    Only its hash is kept: whoever loses it makes another.
    Made of 256 random bits, so one round of SHA-256 is enough: there is nothing to guess, as there is with a password.
    """

    name = models.CharField(max_length=100, help_text="What uses it, so that one knows it again.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=8, editable=False, help_text="How it begins.")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, validators=[validate_scopes], help_text="What it opens.")
    collection = models.ForeignKey(
        Collection,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        help_text="It opens this one only. Empty: all that its owner may open.",
    )
    requests_per_minute = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(1)], help_text="More requests than this are answered with 429."
    )
    images_per_minute = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(1)], help_text="More pictures than this are answered with 429."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_free_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "API key"
        permissions = [("use_vision", "Can have pictures annotated at /v1/images:annotate")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
