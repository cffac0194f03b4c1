"""Words by which images are found: of titles, authors and the text in pictures. Labels are found by their own rows."""

from django.db import models
from django.db.models import Q

from catalog.models.collection import Collection
from catalog.models.image import Image


class SearchWord(models.Model):
    """A folded word that some image of a collection carries; parts of words are found by an index over `key`."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="search_words")
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "key"], name="search_word_once")]

    def __str__(self) -> str:
        return self.key


class SearchPosting(models.Model):
    """That a word stands in a field of an image."""

    class Field(models.TextChoices):
        """Where a word stands."""

        TITLE = "title", "Title"
        AUTHOR = "author", "Author"
        TEXT = "text", "Text in the picture"

    word = models.ForeignKey(SearchWord, on_delete=models.CASCADE, related_name="postings")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="search_postings")
    field = models.CharField(max_length=6, choices=Field)

    class Meta:
        indexes = [models.Index(fields=["image", "field"], name="search_posting_image_idx")]
        constraints = [
            models.UniqueConstraint(fields=["word", "image", "field"], name="search_posting_once"),
            models.CheckConstraint(
                condition=Q(field__in=["title", "author", "text"]), name="search_posting_field_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.word_id} in the {self.field} of {self.image_id}"
