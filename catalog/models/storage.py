"""Files that must go because the row that named them went."""

from django.db import models
from django.db.models import Q


class PendingDeletion(models.Model):
    """An object of a storage that nothing names any more.

    Written in the transaction that deletes the naming row, removed once the object is gone: a process killed between the
    two leaves a row, and the supervisor deletes the object later. So deleting never orphans files, and a rolled back
    deletion never loses one. New objects are named here too before they are written, due in an hour, and struck off in the
    transaction that saves the rows naming them: what a killed import leaves behind goes the same way.
    """

    storage_alias = models.CharField(max_length=20)
    storage_name = models.CharField(max_length=300)
    due_at = models.DateTimeField(db_index=True, help_text="Not to be deleted before this.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storage_alias", "storage_name"], name="pending_deletion_once"),
            models.CheckConstraint(
                condition=Q(storage_alias__in=["media", "galaxies"]), name="pending_deletion_alias_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.storage_alias}: {self.storage_name}"
