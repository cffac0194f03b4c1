"""What looking costs: runs, the units that each used, and what an account may use. Outlives images, collections and jobs."""

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from catalog.models.collection import Collection


class AnnotationRun(models.Model):
    """One run of an annotator over a collection. While it lives it renews its lease; the questions it holds are nobody else's.

    A run that ended without saying so (a kill) is settled by the next one, once its lease is over: what it had reserved is
    given back, what it had sent is asked for by its ticket, or else unknown.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.SET_NULL, null=True, blank=True, related_name="annotation_runs"
    )
    collection_slug = models.CharField(max_length=80, help_text="Stays when the collection is gone.")
    annotator = models.CharField(max_length=40)
    features = models.JSONField(default=list)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    job_uuid = models.UUIDField(
        null=True,
        blank=True,
        db_index=True,
        help_text="The job that this run was an attempt at; stays when that is gone.",
    )
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField()
    n_units = models.PositiveIntegerField(default=0, help_text="Units reserved and not given back.")
    max_units = models.PositiveIntegerField(null=True, blank=True, help_text="The run stops before it takes more.")
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_units=None) | Q(n_units__lte=F("max_units")), name="run_keeps_to_its_units"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.annotator} of {self.collection_slug}, {self.started_at:%Y-%m-%d %H:%M}"


class UnitUsage(models.Model):
    """The ledger: what one run used of one feature in one calendar month (UTC).

    reserved = answered + failed + unknown + given back + still in flight.
    """

    run = models.ForeignKey(AnnotationRun, on_delete=models.PROTECT, related_name="usage")
    feature = models.CharField(max_length=40)
    month = models.CharField(max_length=7, help_text="YYYY-MM")
    n_reserved = models.PositiveIntegerField(default=0)
    n_answered = models.PositiveIntegerField(default=0)
    n_failed = models.PositiveIntegerField(default=0, help_text="Refused by the annotator; counted as paid.")
    n_unknown = models.PositiveIntegerField(default=0, help_text="Sent, but the answer was lost; counted as paid.")
    n_given_back = models.PositiveIntegerField(default=0, help_text="Surely not executed.")

    class Meta:
        ordering = ["-month", "run", "feature"]
        verbose_name_plural = "unit usage"
        constraints = [
            models.UniqueConstraint(fields=["run", "feature", "month"], name="usage_once_a_run_feature_and_month"),
            models.CheckConstraint(
                condition=Q(n_reserved__gte=F("n_answered") + F("n_failed") + F("n_unknown") + F("n_given_back")),
                name="usage_within_what_was_reserved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feature} in {self.month}: {self.n_reserved}"


class AnnotatorAccount(models.Model):
    """What all runs of one annotator share: a cap for each month, and the rate."""

    annotator = models.CharField(max_length=40, unique=True)
    max_units_per_month = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="No run takes more in a calendar month (UTC). Empty: no cap.",
    )
    next_free_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.annotator


class MonthlyUnits(models.Model):
    """How many units of an annotator are taken in a month, by all runs: the number that the cap is held against."""

    account = models.ForeignKey(AnnotatorAccount, on_delete=models.CASCADE, related_name="months")
    month = models.CharField(max_length=7, help_text="YYYY-MM")
    n_units = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-month"]
        verbose_name_plural = "monthly units"
        constraints = [models.UniqueConstraint(fields=["account", "month"], name="monthly_units_once")]

    def __str__(self) -> str:
        return f"{self.account} in {self.month}: {self.n_units}"
