"""Images that look nearly the same."""

from django.db import models
from django.db.models import F, Q

from catalog.models.image import Image


class NearDuplicate(models.Model):
    """An image that looks nearly like a larger one of its collection, the head of its group; heads have no row of their own."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, primary_key=True, related_name="near_duplicate")
    head = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="near_duplicates")
    distance = models.PositiveSmallIntegerField(help_text="In how many of 64 bits their perceptual hashes differ.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(image=F("head")), name="near_duplicate_not_of_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.image} like {self.head}"
