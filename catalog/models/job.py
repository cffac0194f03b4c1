"""Background runs. The job is the truth; the queue's task is only a wake-up."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from catalog.models.collection import Collection
from catalog.models.galaxy import Galaxy


class JobStatus(models.TextChoices):
    """See Job for the transitions."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"

    @classmethod
    def ended(cls) -> tuple[str, ...]:
        """The statuses that a job does not leave."""
        return (cls.SUCCEEDED, cls.FAILED, cls.CANCELLED)


class Job(models.Model):
    """One background run: what, by whom, how far, and how it ended.

    ::

        queued -> running -> succeeded
          |  ^       |-----> failed      its own error, or dead more often than max_attempts
          |  '-------|       its worker died (the lease ran out) or was told to stop: queued again
          '----------'-----> cancelled   asked for by a person, seen at the next safe point

    A worker holds the lease while it runs the job and renews it every third of `GALAXY_LEASE_S`; only the holder of the
    lease (`lease_token`) may write progress or an end, so a worker believed dead cannot overwrite its successor.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    queue = models.CharField(max_length=10, choices=[("long", "Long"), ("short", "Short")], default="long")
    params = models.JSONField(default=dict)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    galaxy = models.ForeignKey(Galaxy, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    worker = models.CharField(max_length=100, blank=True)
    stage = models.CharField(max_length=100, blank=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    stage_started_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "lease_expires_at"], name="job_lease_idx")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status_known"),
            models.CheckConstraint(condition=Q(queue__in=["long", "short"]), name="job_queue_known"),
            models.CheckConstraint(condition=Q(attempt__lte=F("max_attempts")), name="job_attempts_bounded"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_token__isnull=False, lease_expires_at__isnull=False),
                name="job_running_holds_lease",
            ),
            models.CheckConstraint(condition=~Q(status="failed") | ~Q(error=""), name="job_failure_has_reason"),
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.ended(), finished_at__isnull=False)
                | Q(status__in=["queued", "running"], finished_at__isnull=True),
                name="job_ended_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"

    @property
    def is_ended(self) -> bool:
        """Whether it will change no more."""
        return self.status in JobStatus.ended()


class JobNote(models.Model):
    """A line of a job's log: what happened along the way that its result will not tell."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField(auto_now_add=True)
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "id"], name="job_note_idx")]

    def __str__(self) -> str:
        return self.text
