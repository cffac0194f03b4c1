"""Importing from elsewhere in the admin: who may name what, what was refused and why, and trying that again; a job's log."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Collection, Image, Job, JobNote, JobStatus, Refusal
from catalog.services.job_notes import MAX_NOTES, note_job
from catalog.services.jobs import run_job, start_job
from tests.factories import CollectionFactory, JobFactory
from tests.pictures import write_pictures

pytestmark = pytest.mark.django_db


def page_of(collection: Collection) -> str:
    """Where the import page is."""
    return reverse("admin:catalog_collection_import", args=[collection.pk])


def finish(job: Job) -> Job:
    """Do the job as a worker would."""
    run_job(job.uuid, worker="tester")
    job.refresh_from_db()
    return job


def test_an_administrator_imports_a_folder_and_tries_again_what_was_refused(admin_client: Client, tmp_path: Path):
    write_pictures(tmp_path, 2)
    (tmp_path / "broken.jpg").write_bytes(b"no picture at all")
    collection = CollectionFactory.create()
    answer = admin_client.post(page_of(collection), {"source": str(tmp_path), "keep_originals": "on"})
    job = finish(Job.objects.get())
    assert answer["Location"] == reverse("admin:catalog_job_progress", args=[job.pk])
    assert (job.status, Image.objects.count()) == (JobStatus.SUCCEEDED, 2)

    page = admin_client.get(page_of(collection)).content.decode()
    assert "1 refused" in page, Refusal.objects.values()
    assert "broken.jpg" in page, Refusal.objects.values()
    write_pictures(tmp_path / "new", 1)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(next((tmp_path / "new").glob("*")).read_bytes())
    again = admin_client.post(reverse("admin:catalog_collection_retry_refused", args=[collection.pk]))
    retried = finish(Job.objects.latest("pk"))
    assert again["Location"] == reverse("admin:catalog_job_progress", args=[retried.pk])
    assert retried.params == {"source": str(tmp_path), "keep_originals": True}
    assert not Refusal.objects.exists()


def test_a_refusal_of_the_same_bytes_is_looked_at_again_when_somebody_asks(admin_client: Client, tmp_path: Path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture at all")
    write_pictures(tmp_path, 1)
    collection = CollectionFactory.create()
    admin_client.post(page_of(collection), {"source": str(tmp_path)})
    finish(Job.objects.get())
    assert Refusal.objects.get().fingerprint
    admin_client.post(reverse("admin:catalog_collection_retry_refused", args=[collection.pk]))
    assert not Refusal.objects.get().fingerprint
    finish(Job.objects.latest("pk"))
    assert Refusal.objects.get().fingerprint, "it was read, and refused again"


def test_a_contributor_imports_from_the_web_but_not_from_the_servers_disk(client_as, tmp_path: Path):
    collection = CollectionFactory.create()
    client = client_as("contributor", collection)
    refused = client.post(page_of(collection), {"source": str(tmp_path)})
    assert "Folders and buckets are read by administrators" in refused.content.decode() and not Job.objects.exists()
    assert client.post(page_of(collection), {"source": "https://example.org/manifest.json"}).status_code == 302
    assert Job.objects.get().kind == "import_web"


def test_a_job_for_the_web_reads_nothing_else_whatever_its_parameters_say(tmp_path: Path):
    write_pictures(tmp_path, 1)
    job = start_job("import_web", {"source": str(tmp_path)}, by=None, collection=CollectionFactory.create())
    assert finish(job).status == JobStatus.FAILED and "Expected an address on the web" in job.error
    assert not Image.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), (None, 404)])
def test_who_may_not_contribute_imports_nothing(client_as, role: str | None, status: int):
    collection = CollectionFactory.create()
    client = client_as(role, collection)
    if role is None:
        status = client.get(page_of(collection)).status_code
        assert status in {403, 404}
    answers = [
        client.post(page_of(collection), {"source": "https://example.org/manifest.json"}),
        client.post(reverse("admin:catalog_collection_retry_refused", args=[collection.pk])),
    ]
    assert [answer.status_code for answer in answers] == [status, status]
    assert not Job.objects.exists()


def test_a_contributor_may_not_have_a_folder_read_again(client_as):
    collection = CollectionFactory.create()
    Refusal.objects.create(
        collection=collection,
        source="/srv/scans",
        location="a.jpg",
        code="broken",
        message="a.jpg: broken",
        fingerprint="1",
    )
    client = client_as("contributor", collection)
    assert client.post(reverse("admin:catalog_collection_retry_refused", args=[collection.pk])).status_code == 403
    assert Refusal.objects.get().fingerprint == "1" and not Job.objects.exists()


def test_the_page_of_a_job_shows_its_log(admin_client: Client, tmp_path: Path):
    write_pictures(tmp_path, 1)
    job = start_job("import_source", {"source": str(tmp_path)}, by=None, collection=CollectionFactory.create())
    finish(job)
    texts = list(JobNote.objects.values_list("text", flat=True))
    assert texts[0] == "Attempt 1, by the worker tester" and texts[-1] == "Succeeded"
    page = admin_client.get(reverse("admin:catalog_job_progress", args=[job.pk])).content.decode()
    report = admin_client.get(reverse("admin:catalog_job_report", args=[job.pk])).json()
    assert all(text in page for text in texts)
    assert [note["text"] for note in report["notes"]] == texts


def test_a_log_ends_after_five_hundred_lines():
    job = JobFactory.create()
    JobNote.objects.bulk_create(JobNote(job=job, text=str(n)) for n in range(MAX_NOTES - 1))
    note_job(job, "one more")
    note_job(job, "and another")
    assert job.notes.count() == MAX_NOTES and "nothing more is noted" in job.notes.last().text
