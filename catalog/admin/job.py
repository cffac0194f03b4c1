"""Jobs: background runs, to be watched, cancelled and tried again."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.admin.filters import PermittedFilter
from catalog.admin.job_report import describe_duration, job_title, report_job, report_notes
from catalog.admin.pictures import NOTHING, progress_bar
from catalog.admin.policy import PolicyAdmin, may
from catalog.models import Job, JobStatus
from catalog.permissions import is_trusted
from catalog.services.errors import ServiceError
from catalog.services.jobs import cancel_job, job_kinds, retry_job
from catalog.services.time_left import estimate_left


@admin.register(Job)
class JobAdmin(PolicyAdmin[Job]):
    """Jobs; each has a progress page at `<id>/progress/`, which reads `<id>/progress.json` every second."""

    index_order = 65
    list_display = ["what", "status", "progress", "time_left", "about", "created_by", "created_at"]
    list_filter = ["status", "kind", ("collection", PermittedFilter)]
    list_select_related = ["collection", "galaxy", "created_by"]
    fields = [
        "kind",
        "status",
        "progress_link",
        "collection",
        "galaxy",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
        "stage",
        "progress_done",
        "progress_total",
        "attempt",
        "worker",
        "params",
        "result",
        "error",
        "uuid",
    ]
    readonly_fields = ["progress_link", "created_at", "uuid"]

    def get_urls(self) -> list[URLPattern]:
        """Adds the progress page, its JSON, and where its buttons post."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", wrap(self.progress_view), name="catalog_job_progress"),
            path("<int:pk>/progress.json", wrap(self.report_view), name="catalog_job_report"),
            path("<int:pk>/cancel/", wrap(self.cancel_view), name="catalog_job_cancel"),
            path("<int:pk>/retry/", wrap(self.retry_view), name="catalog_job_retry"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page that shows how far the job is."""
        job = self._get_job(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": job_title(job),
            "subtitle": str(job.galaxy or job.collection or ""),
            "opts": self.opts,
            "job": job,
            "report": report_job(job, timezone.now()),
            "notes": report_notes(job),
            "may_steer": self._may_steer(request, job),
        }
        return TemplateResponse(request, "admin/catalog/job/progress.html", context)

    def report_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """The same as JSON."""
        job = self._get_job(request, pk)
        return JsonResponse({**report_job(job, timezone.now()), "notes": report_notes(job)})

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the job to stop."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        job = self._get_job(request, pk)
        return self._steer(request, job, cancel_job)

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do again what failed, as a new job."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        job = self._get_job(request, pk)
        return self._steer(request, job, retry_job)

    def _steer(self, request: HttpRequest, job: Job, deed: Any) -> HttpResponse:
        if not self._may_steer(request, job):
            raise PermissionDenied("You may watch this job, but neither cancel it nor try it again.")
        try:
            job = deed(job, by=request.user)
        except ServiceError as error:
            self.message_user(request, str(error), messages.ERROR)
        return redirect("admin:catalog_job_progress", job.pk)

    def _get_job(self, request: HttpRequest, pk: int) -> Job:
        """The job, if the person may view it; else it is as if it were not there."""
        jobs = self.get_queryset(request).select_related("collection", "galaxy", "created_by")
        return get_object_or_404(jobs, pk=pk)

    def _may_steer(self, request: HttpRequest, job: Job) -> bool:
        """Whether the person may do what this kind of job takes."""
        kind = job_kinds().get(job.kind)
        if is_trusted(request.user):
            return True
        return kind is not None and not kind.trusted_only and may(request, kind.verb, job)

    @admin.display(description="job", ordering="kind")
    def what(self, obj: Job) -> str:
        """What people call it."""
        return job_title(obj)

    @admin.display(description="progress")
    def progress(self, obj: Job) -> SafeString:
        """A bar leading to the progress page."""
        address = reverse("admin:catalog_job_progress", args=[obj.pk])
        if obj.is_ended:
            bar = SafeString("Result") if obj.status == JobStatus.SUCCEEDED else SafeString("What happened")
        elif obj.status == JobStatus.QUEUED:
            bar = SafeString("Waiting")
        else:
            bar = format_html("{} {}", progress_bar(obj.progress_done, obj.progress_total), obj.stage)
        return format_html('<a href="{}">{}</a>', address, bar)

    @admin.display(description="time left")
    def time_left(self, obj: Job) -> str:
        """For the stage it is in."""
        left = estimate_left(obj, timezone.now())
        return NOTHING if left is None else describe_duration(left)

    @admin.display(description="about")
    def about(self, obj: Job) -> str:
        """The galaxy or the collection."""
        return str(obj.galaxy or obj.collection or NOTHING)

    @admin.display(description="progress")
    def progress_link(self, obj: Job) -> SafeString:
        """To the progress page."""
        return format_html('<a href="{}">Progress</a>', reverse("admin:catalog_job_progress", args=[obj.pk]))
