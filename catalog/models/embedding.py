"""Vectors of a collection's images: what is where; the numbers themselves lie in media storage."""

from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection
from catalog.models.image import Image


class Embedding(models.Model):
    """The vectors of one space of one collection, in float16 blocks of 4,096 rows."""

    class Space(models.TextChoices):
        """By meaning, or by look."""

        LABELS = "labels", "Labels"
        VISUAL = "visual", "Visual"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="embeddings")
    space = models.CharField(max_length=10, choices=Space)
    version = models.CharField(
        max_length=80, help_text="Of the word vectors, or of the vision model and its projection."
    )
    n_features = models.PositiveSmallIntegerField(default=256)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "space", "version"], name="embedding_version_once"),
            models.CheckConstraint(condition=Q(space__in=["labels", "visual"]), name="embedding_space_known"),
            models.CheckConstraint(condition=Q(n_features__gt=0), name="embedding_has_features"),
        ]

    def __str__(self) -> str:
        return f"{self.space} {self.version} of {self.collection}"


class EmbeddingBlock(models.Model):
    """Rows [4096 * number, 4096 * (number + 1)) of an embedding: one file, a record a row.

    A record is the vector, float16 little-endian, and the SHA-256 of the bytes that it was made of (32 bytes): so a row
    can never be taken for another revision's. A row whose image went, or was embedded anew further on, is nobody's.
    """

    SIZE = 4096

    embedding = models.ForeignKey(Embedding, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    n_rows = models.PositiveSmallIntegerField()
    storage_name = models.CharField(max_length=300, unique=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["embedding", "number"], name="embedding_block_number_once"),
            models.CheckConstraint(condition=Q(n_rows__gte=1, n_rows__lte=4096), name="embedding_block_1_to_4096_rows"),
        ]

    def __str__(self) -> str:
        return f"block {self.number} of {self.embedding}"


class EmbeddingRow(models.Model):
    """Which row of an embedding is whose."""

    embedding = models.ForeignKey(Embedding, on_delete=models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField()
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="embedding_rows")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["embedding", "row"], name="embedding_row_once"),
            models.UniqueConstraint(fields=["embedding", "image"], name="embedding_image_once"),
        ]

    def __str__(self) -> str:
        return f"row {self.row} of {self.embedding}"
