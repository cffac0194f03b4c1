"""A galaxy and what it is made of: builds, their positions and groups, and the clusters that outlive them."""

import json
import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection, Visibility
from catalog.models.image import Image
from catalog.terms import fold_term

MAX_EXTRA_CLUSTERS = 40


class PublishedFeature(models.TextChoices):
    """What of an image's annotations a publication may tell; the label says what each one reveals."""

    LABELS = "labels", "Labels: what the pictures show"
    OBJECTS = "objects", "Objects: things by name, and where in the picture they are"
    FACES = (
        "faces",
        "Faces: where people's faces are, how heads are held, and what their expressions look like. No names",
    )
    TEXT = "text", "Text: everything readable in the pictures, be it a name, an address, a letter or a number plate"
    LANDMARKS = "landmarks", "Landmarks: well-known places with their coordinates, and so where somebody has been"
    LOGOS = "logos", "Logos: brands that are seen, on things and on what people wear"
    COLOURS = "colours", "Colours: the dominant ones, and how much of the picture they fill"
    SAFE_SEARCH = "safe_search", "Safe search: how likely a picture is adult, violent or medical, as a machine guesses"
    WEB = "web", "Web: what the picture is called where it, or one like it, is found on the web; that may name people"


def default_published_features() -> list[str]:
    """What tells of nobody in a picture."""
    return [PublishedFeature.LABELS, PublishedFeature.COLOURS]


def validate_published_features(value: object) -> None:
    """A list of features that can be published, each at most once."""
    known = ", ".join(PublishedFeature.values)
    if not isinstance(value, list) or not set(map(str, value)) <= set(PublishedFeature.values):
        raise ValidationError(f"Expected a list of some of {known}, got {json.dumps(value)[:200]}.")
    if len(set(value)) < len(value):
        raise ValidationError(
            f"Expected each feature once, got {json.dumps(value)[:200]}. Leave out what is there twice."
        )


def validate_extra_cluster_labels(value: object) -> None:
    """A list of at most forty terms, none of them empty or twice the same."""
    expected = f'Expected a list of at most {MAX_EXTRA_CLUSTERS} labels such as ["cat", "snow"]'
    if not isinstance(value, list) or not all(isinstance(term, str) for term in value):
        raise ValidationError(f"{expected}, got {json.dumps(value)[:100]}.")
    if len(value) > MAX_EXTRA_CLUSTERS:
        raise ValidationError(f"{expected}, got {len(value)}. Leave out those that matter least.")
    keys = [fold_term(term) for term in value]
    if "" in keys:
        raise ValidationError(f"{expected}, got an empty label. Leave it out.")
    if twice := sorted({term for term, key in zip(value, keys, strict=True) if keys.count(key) > 1}):
        raise ValidationError(f"{expected}, each once, got the same one several times: {', '.join(twice)}.")


class Galaxy(models.Model):
    """The lasting thing that a link names."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="galaxies")
    slug = models.SlugField(unique=True, max_length=80, help_text="Names the galaxy in its address.")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    visibility = models.CharField(
        max_length=10,
        choices=Visibility,
        default=Visibility.PRIVATE,
        help_text="Who may look without a role; never more than the collection allows.",
    )
    n_clusters = models.PositiveSmallIntegerField(
        default=25,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(255)],
        help_text="How many groups k-means looks for; small collections get fewer. Empty: as many as stand apart, 8 to 40.",
    )
    extra_cluster_labels = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_extra_cluster_labels],
        help_text='Labels that get a cluster of their own whatever k-means finds, as a list: ["cat"].',
    )
    visual_weight = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="0 places images by what they mean (their labels), 1 by how they look, anything between by both.",
    )
    perplexity = models.FloatField(
        default=50.0,
        validators=[MinValueValidator(2), MaxValueValidator(500)],
        help_text="How many neighbours t-SNE keeps each image close to.",
    )
    random_state = models.PositiveIntegerField(
        default=0, help_text="The seed: the same input and seed give the same map."
    )
    published_features = models.JSONField(
        default=default_published_features,
        blank=True,
        validators=[validate_published_features],
        help_text="What visitors learn of each image. Nothing else that an annotator answered leaves the house.",
    )
    publish_documents = models.BooleanField(
        default=False,
        help_text="Publish what the annotator answered, whole, whatever is chosen above. Off unless you mean it.",
    )
    publish_exif = models.BooleanField(
        "publish date, place and camera",
        default=False,
        help_text="Tell when and where each picture was taken, in words, and with what camera: that may say who was where, and "
        "when. Coordinates are never published.",
    )
    publish_external_ids = models.BooleanField(
        "publish the library's own numbers",
        default=False,
        help_text="Tell the number by which your own catalogue knows each picture, so that visitors can look it up there.",
    )
    allow_downloads = models.BooleanField(
        default=False,
        help_text="Offer each picture for download, at most 2,048 pixels long and without metadata. Off, it is shown all the same, "
        "and whoever wants to keep it finds a way.",
    )
    hide_unsafe = models.BooleanField(
        "leave out what is not safe",
        default=True,
        help_text="Leave out pictures that safe search calls adult, violent or racy, likely or very likely. It errs either way: look "
        "at what is left out and what is not.",
    )
    current_publication = models.OneToOneField(
        "Publication", on_delete=models.SET_NULL, null=True, blank=True, related_name="current_of", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "galaxies"
        constraints = [
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="galaxy_visibility_known"),
            models.CheckConstraint(
                condition=Q(n_clusters__gte=1, n_clusters__lte=255), name="galaxy_1_to_255_clusters"
            ),
            models.CheckConstraint(
                condition=Q(visual_weight__gte=0, visual_weight__lte=1), name="galaxy_visual_weight_0_to_1"
            ),
            models.CheckConstraint(
                condition=Q(perplexity__gte=2, perplexity__lte=500), name="galaxy_perplexity_2_to_500"
            ),
            models.CheckConstraint(condition=~Q(slug=""), name="galaxy_slug_not_empty"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        """Whether everybody may look: a galaxy is never more open than its collection."""
        return self.visibility == self.collection.visibility == Visibility.PUBLIC


class Build(models.Model):
    """One immutable run for a galaxy. It appears with its positions and groups, whole, or not at all."""

    galaxy = models.ForeignKey(Galaxy, on_delete=models.CASCADE, related_name="builds")
    number = models.PositiveIntegerField()
    parameters = models.JSONField(default=dict)
    random_state = models.PositiveIntegerField(default=0)
    input_fingerprint = models.CharField(
        max_length=64, help_text="SHA-256 over the images, their labels and the parameters."
    )
    quality = models.JSONField(default=dict)
    change_number = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="The collection's clock when its input was read."
    )
    n_images = models.PositiveIntegerField()
    complete = models.BooleanField(default=False, help_text="False while its rows are being written.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["galaxy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["galaxy", "number"], name="build_number_once"),
            models.CheckConstraint(condition=Q(n_images__gte=1), name="build_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.galaxy} build {self.number}"


class Cluster(models.Model):
    """Lasting, of a galaxy: what a group of pictures is called and how it looks. Without groups it lies dormant."""

    class NameSource(models.TextChoices):
        """Who named it. A curator's name is never computed over."""

        COMPUTED = "computed", "Computed"
        CURATOR = "curator", "Curator"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    galaxy = models.ForeignKey(Galaxy, on_delete=models.CASCADE, related_name="clusters")
    name = models.CharField(max_length=200)
    name_source = models.CharField(max_length=10, choices=NameSource, default=NameSource.COMPUTED, editable=False)
    runner_up_names = models.JSONField(default=list, blank=True, editable=False)
    colour = models.CharField(
        max_length=7, validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Write a colour as #rrggbb.")]
    )
    description = models.TextField(blank=True)
    hidden = models.BooleanField(default=False)
    cover = models.ForeignKey(Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    tour_order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["galaxy", "tour_order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["galaxy", "name"], name="cluster_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="cluster_name_not_empty"),
            models.CheckConstraint(condition=Q(colour__regex=r"^#[0-9a-f]{6}$"), name="cluster_colour_hex"),
            models.CheckConstraint(
                condition=Q(name_source__in=["computed", "curator"]), name="cluster_name_source_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Group(models.Model):
    """One k-means group of one build; it points to a cluster, and several may point to the same (a merge)."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveSmallIntegerField()
    cluster = models.ForeignKey(Cluster, on_delete=models.RESTRICT, related_name="groups")
    n_images = models.PositiveIntegerField()
    x = models.FloatField()
    y = models.FloatField()
    z = models.FloatField()

    class Meta:
        ordering = ["build", "number"]
        constraints = [
            models.UniqueConstraint(fields=["build", "number"], name="group_number_once"),
            models.CheckConstraint(condition=Q(n_images__gte=1), name="group_not_empty"),
        ]

    def __str__(self) -> str:
        return f"group {self.number} of {self.build}"


class Position(models.Model):
    """Where a build put an image: a point in 3-D, centred, the group it fell into, and its place on the flat map, if there is one."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="positions")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="positions")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="positions")
    x = models.FloatField()
    y = models.FloatField()
    z = models.FloatField()
    flat_x = models.FloatField(null=True, blank=True)
    flat_y = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["build", "image"], name="position_once")]

    def __str__(self) -> str:
        return f"({self.x:.2f}, {self.y:.2f}, {self.z:.2f})"


class Pin(models.Model):
    """A person's "this image belongs to that cluster", applied after every build."""

    galaxy = models.ForeignKey(Galaxy, on_delete=models.CASCADE, related_name="pins")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="pins")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="pins")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["galaxy", "image"], name="pin_one_cluster_an_image")]

    def __str__(self) -> str:
        return f"{self.image} in {self.cluster}"
