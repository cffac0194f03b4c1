"""Keys by which other software comes in."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models


class ApiKey(models.Model):
    """A key of one person's; it may do what that person may. Only its hash is kept: whoever loses it makes another.

    Made of 256 random bits, so one round of SHA-256 is enough: there is nothing to guess, as there is with a password.
    """

    name = models.CharField(max_length=100, help_text="What uses it, so that one knows it again.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    prefix = models.CharField(max_length=8, editable=False, help_text="How it begins.")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
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
