"""A collection: one library's images, who may do what with them, and how they are looked at."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

DEFAULT_FEATURES = ("LABEL_DETECTION", "IMAGE_PROPERTIES")


def default_features() -> list[str]:
    """The features asked of the annotator first: those that a galaxy is made of."""
    return list(DEFAULT_FEATURES)


class Visibility(models.TextChoices):
    """Who may look without a role: nobody, whoever has the link, everybody."""

    PRIVATE = "private", "Private"
    LINK = "link", "By link"
    PUBLIC = "public", "Public"


class Collection(models.Model):
    """One library's images and the settings that hold for all of them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(unique=True, max_length=80, help_text="Names the collection in addresses and commands.")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    visibility = models.CharField(
        max_length=10,
        choices=Visibility,
        default=Visibility.PRIVATE,
        help_text="Who may look without a role. A galaxy is never more visible than its collection.",
    )
    annotator = models.CharField(
        max_length=40, default="local", help_text="Who looks at the images: local needs no account."
    )
    features = models.JSONField(
        default=default_features, help_text="What the annotator is asked for, in Cloud Vision's words."
    )
    min_score = models.FloatField(
        default=0.3,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Machine labels below this score are kept, but neither shown nor used to place images. From 0 to 1.",
    )
    language_hints = models.JSONField(
        default=list,
        blank=True,
        help_text='Languages of the text in the pictures, as in ["de", "la"]; empty lets the annotator find out.',
    )
    max_units_per_month = models.PositiveIntegerField(
        "budget",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="No annotation takes more paid units of this collection in a calendar month (UTC). Empty: no limit of its own.",
    )
    index_version = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Which version of the search index is written; 0: none yet."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="collection_visibility_known"),
            models.CheckConstraint(condition=Q(min_score__gte=0, min_score__lte=1), name="collection_min_score_0_to_1"),
            models.CheckConstraint(condition=~Q(slug=""), name="collection_slug_not_empty"),
        ]

    def __str__(self) -> str:
        return self.title


class CollectionClock(models.Model):
    """How many changes a collection has seen. Whoever writes holds its row until commit, so numbers appear in their order."""

    collection = models.OneToOneField(Collection, on_delete=models.CASCADE, primary_key=True, related_name="clock")
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.number}"


class Role(models.TextChoices):
    """What a person is to a collection; each role may do what the ones after it may."""

    OWNER = "owner", "Owner"
    CURATOR = "curator", "Curator"
    CONTRIBUTOR = "contributor", "Contributor"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """A person's role in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role, default=Role.VIEWER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "user"], name="membership_one_role_a_person"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} of {self.collection}"
