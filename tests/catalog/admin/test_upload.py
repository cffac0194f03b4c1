"""A contributor sends pictures through the admin: with a script or without, tidy or hostile, and nothing stays behind."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.admin import upload as upload_page
from catalog.models import Collection, Image, Job, MachineLabel, Occurrence, PendingDeletion, Upload, UploadedFile
from catalog.services import uploads
from catalog.services.jobs import run_job
from catalog.services.uploads import sweep_uploads
from tests.factories import CollectionFactory, MembershipFactory, UserFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


@pytest.fixture
def contributor(client_as, collection: Collection) -> Client:
    return client_as("contributor", collection)


@pytest.fixture
def address(collection: Collection) -> str:
    return reverse("admin:catalog_collection_upload", args=[collection.pk])


def sent(name: str, data: bytes, content_type: str = "application/x-lies") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type)


def archive_of(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.jpg", data)
    return stream.getvalue()


def run_last_job(django_capture_on_commit_callbacks) -> Job:
    job = Job.objects.latest("pk")
    assert job.kind == "import_upload"
    with django_capture_on_commit_callbacks(execute=True):
        run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    return job


def staged_files() -> list[str]:
    media = storages["media"]
    if not media.exists("uploads"):
        return []
    return [name for folder in media.listdir("uploads")[0] for name in media.listdir(f"uploads/{folder}")[1]]


def test_a_form_without_a_script_sends_many_and_leads_to_the_progress(
    contributor: Client, collection: Collection, address: str, django_capture_on_commit_callbacks
):
    files = [
        sent("a.jpg", picture_bytes(1)),
        sent("b.jpg", picture_bytes(2)),
        sent("metadata.csv", b"file,title,labels\na.jpg,Anna,portrait\n"),
        sent("photos.zip", archive_of(c=picture_bytes(3), d=picture_bytes(4))),
    ]
    response = contributor.post(address, {"files": files})

    job = run_last_job(django_capture_on_commit_callbacks)
    assert response.headers["Location"] == reverse("admin:catalog_job_progress", args=[job.pk])
    assert (job.result["n_added"], job.result["n_refused"], job.result["n_left_to_try_again"]) == (4, 0, 0)
    anna = Image.objects.get(title="Anna")
    assert anna.collection == collection
    assert anna.current_revision.storage_name, "nobody else has the original"
    assert MachineLabel.objects.get().label.term == "portrait"
    assert set(Occurrence.objects.values_list("location", flat=True)) == {
        "a.jpg",
        "b.jpg",
        "photos.zip/c.jpg",
        "photos.zip/d.jpg",
    }
    assert staged_files() == []
    assert not UploadedFile.objects.exists()
    assert not PendingDeletion.objects.exists()


def test_a_script_sends_file_by_file_and_starts_in_the_end(
    contributor: Client, address: str, django_capture_on_commit_callbacks
):
    first = contributor.post(address, {"files": sent("a.jpg", picture_bytes(1))}, headers=JSON).json()
    assert first["refused"] == []
    assert not Job.objects.exists()
    second = contributor.post(
        address, {"files": sent("a.jpg", picture_bytes(2)), "upload": first["upload"]}, headers=JSON
    ).json()
    assert second["upload"] == first["upload"]
    started = contributor.post(address, {"upload": first["upload"], "start": "1"}, headers=JSON).json()

    job = run_last_job(django_capture_on_commit_callbacks)
    assert started == {"progress_url": reverse("admin:catalog_job_progress", args=[job.pk])}
    assert set(Occurrence.objects.values_list("location", flat=True)) == {"a.jpg", "a (2).jpg"}


def test_what_was_refused_is_named_stays_and_can_be_tried_again_or_discarded(
    contributor: Client, address: str, settings, django_capture_on_commit_callbacks
):
    settings.GALAXY_MAX_MEGAPIXELS = 0.006
    files = [
        sent("small.jpg", picture_bytes(1)),
        sent("large.jpg", picture_bytes(2, size=(160, 120))),
        sent("virus.jpg", b"MZ this is a program", "image/jpeg"),
    ]
    contributor.post(address, {"files": files})
    job = run_last_job(django_capture_on_commit_callbacks)
    assert (job.result["n_added"], job.result["n_left_to_try_again"]) == (1, 2)
    progress = contributor.get(reverse("admin:catalog_job_progress", args=[job.pk])).content.decode()
    assert "virus.jpg: The file holds no picture" in progress

    page = contributor.get(address).content.decode()
    assert "2 files not imported" in page
    assert "large.jpg: The picture has 160 x 120 pixels" in page
    upload = Upload.objects.get()
    settings.GALAXY_MAX_MEGAPIXELS = 300
    contributor.post(address, {"upload": upload.uuid, "start": "1"})
    assert "not imported" not in contributor.get(address).content.decode(), "a job is about to look at it"
    assert run_last_job(django_capture_on_commit_callbacks).result["n_added"] == 1
    assert len(staged_files()) == 1

    with django_capture_on_commit_callbacks(execute=True):
        contributor.post(address, {"upload": upload.uuid, "discard": "1"})
    assert staged_files() == []
    assert not Upload.objects.exists()
    assert Image.objects.count() == 2


def test_names_and_content_types_are_never_trusted(
    contributor: Client, collection: Collection, address: str, django_capture_on_commit_callbacks
):
    files = [
        sent("../../../etc/cron.d/evil.jpg", picture_bytes(1)),
        sent("picture.exe", picture_bytes(2), "text/html"),
        sent("photos.jpg", archive_of(inside=picture_bytes(3))),
        sent("<script>alert(1)</script>.jpg", b"no picture"),
    ]
    contributor.post(address, {"files": files})
    assert all(name.startswith("uploads/") for name in UploadedFile.objects.values_list("storage_name", flat=True))
    assert not any("evil" in name for name in staged_files())

    job = run_last_job(django_capture_on_commit_callbacks)
    assert job.result["n_added"] == 3
    assert set(Occurrence.objects.values_list("location", flat=True)) == {
        "evil.jpg",
        "picture.exe",
        "photos.jpg/inside.jpg",
    }
    page = contributor.get(address).content.decode()
    assert "script&gt;.jpg: The file holds no picture" in page
    assert "<script>alert" not in page


def test_a_hostile_archive_costs_only_what_is_hostile_in_it(
    contributor: Client, address: str, django_capture_on_commit_callbacks
):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../up.jpg", picture_bytes(1))
        archive.writestr("bomb.bmp", b"\0" * 5_000_000)
        archive.writestr("good.jpg", picture_bytes(2))
    files = [sent("p.zip", stream.getvalue()), sent("cut.zip", archive_of(a=picture_bytes(3))[:200])]
    contributor.post(address, {"files": files})

    job = run_last_job(django_capture_on_commit_callbacks)
    assert job.result["n_added"] == 1
    assert {(item["location"], item["code"]) for item in job.result["refused"]} == {
        ("p.zip/../../up.jpg", "unsafe_name"),
        ("p.zip/bomb.bmp", "zip_bomb"),
        ("cut.zip", "bad_archive"),
    }


def test_two_people_with_the_same_name_for_a_file_send_two_pictures(
    contributor: Client, client_as, collection: Collection, address: str, django_capture_on_commit_callbacks
):
    for client, seed in ((contributor, 1), (client_as("owner", collection), 2)):
        client.post(address, {"files": sent("IMG_0001.jpg", picture_bytes(seed))})
        run_last_job(django_capture_on_commit_callbacks)
    assert Image.objects.count() == 2


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("contributor", 200), ("curator", 200), (None, 302)])
def test_who_may_contribute_may_send(client_as, collection: Collection, address: str, role: str | None, status: int):
    client = client_as(role, collection) if role else Client()
    assert client.get(address).status_code == status
    files = {"files": sent("a.jpg", picture_bytes(1))}
    assert client.post(address, files).status_code == (302 if status == 200 else status)
    assert UploadedFile.objects.exists() == (status == 200)
    page = client.get(reverse("admin:catalog_collection_change", args=[collection.pk]))
    assert (address.encode() in page.content) == (status == 200)


def test_a_contributor_elsewhere_does_not_even_find_it(client_as, address: str):
    stranger = client_as("owner", CollectionFactory.create())
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, {"files": sent("a.jpg", picture_bytes(1))}).status_code == 404


def test_nobody_starts_discards_or_adds_to_the_upload_of_another(
    contributor: Client, client_as, collection: Collection, address: str
):
    contributor.post(address, {"files": sent("a.jpg", picture_bytes(1))}, headers=JSON)
    upload = Upload.objects.get()
    other = client_as("owner", collection)
    for fields in ({"start": "1"}, {"discard": "1"}, {"files": sent("b.jpg", picture_bytes(2))}):
        assert other.post(address, {"upload": upload.uuid, **fields}).status_code == 404
    assert other.post(address, {"upload": "no uuid", "start": "1"}).status_code == 404
    assert upload.files.count() == 1


def test_another_sites_form_is_refused(collection: Collection, address: str):
    user = UserFactory(is_staff=True)
    MembershipFactory(user=user, role="owner", collection=collection)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(address, {"files": sent("a.jpg", picture_bytes(1))}).status_code == 403
    assert not Upload.objects.exists()

    token = client.get(address).cookies["csrftoken"].value
    fields = {"files": sent("a.jpg", picture_bytes(1)), "csrfmiddlewaretoken": token}
    assert client.post(address, fields).status_code == 302


def test_too_much_is_refused_before_it_is_read(contributor: Client, address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upload_page, "MAX_REQUEST_BYTES", 100)
    response = contributor.post(address, {"files": sent("a.jpg", picture_bytes(1))}, headers=JSON)
    assert response.status_code == 413
    assert "bytes are taken at once" in json.loads(response.content)["refused"][0]
    assert not Upload.objects.exists()


def test_a_browser_without_a_script_hears_how_many_files_are_too_many(contributor: Client, address: str):
    response = contributor.post(address, {"files": [sent(f"{n}.jpg", b"x") for n in range(101)]})
    assert response.status_code == 413
    assert "100 files at once" in response.content.decode()


def test_a_file_over_a_limit_is_named_and_the_others_are_taken(
    contributor: Client, address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "MAX_UPLOAD_FILES", 2)
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 10_000)
    files = [sent("large.jpg", b"x" * 10_001), sent("a.jpg", b"a"), sent("b.jpg", b"b"), sent("c.jpg", b"c")]
    answer = contributor.post(address, {"files": files}, headers=JSON)
    assert answer.status_code == 422
    large, many = answer.json()["refused"]
    assert "large.jpg has 10,001 bytes; at most 10,000" in large
    assert many.startswith("c.jpg is left out: at most 2 files")
    assert set(UploadedFile.objects.values_list("name", flat=True)) == {"a.jpg", "b.jpg"}


def test_nothing_sent_is_said(contributor: Client, address: str):
    response = contributor.post(address)
    assert response.status_code == 400
    assert "Nothing was sent" in response.content.decode()


def test_a_killed_import_goes_on_with_what_is_left(
    contributor: Client, address: str, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
):
    contributor.post(address, {"files": [sent(f"{n}.jpg", picture_bytes(n)) for n in range(40)]})
    job = Job.objects.get()

    class KilledError(BaseException):
        """As SIGKILL, this is nobody's to catch."""

    def killed(*args: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "_delete_files", killed)
        with pytest.raises(KilledError):
            run_job(job.uuid, worker="test")
    assert Image.objects.count() == 40

    again = run_last_job(django_capture_on_commit_callbacks)
    assert (again.result["n_unchanged"], again.result["n_added"]) == (40, 0)
    assert staged_files() == []


def test_what_nobody_imports_goes_after_a_week(contributor: Client, address: str, django_capture_on_commit_callbacks):
    contributor.post(address, {"files": sent("a.jpg", picture_bytes(1))}, headers=JSON)
    contributor.post(address, {"files": sent("b.jpg", picture_bytes(2))})
    assert sweep_uploads() == 0
    Upload.objects.update(created_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_uploads() == 1, "the second waits for its job"
    assert [file.name for file in UploadedFile.objects.all()] == ["b.jpg"]
    assert len(staged_files()) == 1


def test_deleting_the_collection_takes_what_is_staged_along(
    contributor: Client, collection: Collection, address: str, django_capture_on_commit_callbacks
):
    contributor.post(address, {"files": sent("a.jpg", picture_bytes(1))}, headers=JSON)
    with django_capture_on_commit_callbacks(execute=True):
        collection.delete()
    assert staged_files() == []


def test_a_person_may_not_leave_uploads_lying_about_without_end(
    contributor: Client, address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("catalog.services.uploads.MAX_WAITING_FILES", 1)
    accept = {"accept": "application/json"}
    first = contributor.post(address, {"files": sent("a.jpg", picture_bytes(1))}, headers=accept)
    second = contributor.post(address, {"files": sent("b.jpg", picture_bytes(2))}, headers=accept)

    assert first.status_code == 200
    assert second.status_code == 400
    assert "Import or discard some of them first" in second.json()["refused"][0]
