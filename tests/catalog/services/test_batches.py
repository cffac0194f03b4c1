"""Other software names pictures, by the thousand, and is told what became of each."""

from collections.abc import Iterator, Mapping
from unittest.mock import ANY

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from catalog.models import Batch, BatchItem, Collection, Image, Job, Occurrence, Upload, UploadedFile
from catalog.services.batches import BatchEntry, import_batch, make_batch, make_batch_of_files, start_batch
from catalog.services.errors import ServiceError
from catalog.services.jobs import run_job
from catalog.services.progress import CancelledError
from catalog.services.uploads import add_uploaded_file, begin_upload, waiting_uploads
from tests.catalog.importers.web import Web, serve_web
from tests.cloud_storage import cloud_storage
from tests.factories import CollectionFactory, MembershipFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


@pytest.fixture
def person(collection: Collection) -> User:
    membership = MembershipFactory.create(collection=collection, role="contributor")
    return membership.user


@pytest.fixture
def web(settings: Settings) -> Iterator[Web]:
    """A museum's server, which our operator has let pictures be fetched from."""
    settings.GALAXY_FETCH_ALLOWED_HOSTS = ["127.0.0.1"]
    with serve_web() as web:
        web.address = web.address.replace("museum.example", "127.0.0.1")
        yield web


def send(collection: Collection, by: User, *pictures: bytes, **metadata: Mapping[str, object]) -> Batch:
    """A batch of files 0.jpg, 1.jpg and so on, imported; metadata by the name without its ending, as in `_0={...}`."""
    files = [SimpleUploadedFile(f"{n}.jpg", data) for n, data in enumerate(pictures)]
    told = {f"{name.removeprefix('_')}.jpg": known for name, known in metadata.items()}
    batch = make_batch_of_files(collection, by=by, files=files, metadata=told)
    import_batch(batch)
    return batch


def outcomes(batch: Batch) -> list[tuple[str, str]]:
    return list(batch.items.values_list("status", "code"))


def test_files_become_images_with_what_is_known_of_them(collection: Collection, person: User):
    known = {"title": "The old bridge", "external_id": "A-1", "labels": [{"term": "bridge", "score": 0.9}]}
    batch = send(collection, person, picture_bytes(1), picture_bytes(2), _0=known)

    assert outcomes(batch) == [("added", ""), ("added", "")]
    image = Image.objects.get(occurrences__external_id="A-1")
    assert batch.items.get(number=0).image == image
    assert image.title == "The old bridge"
    assert [label.label.term for label in image.effective_labels.select_related("label")] == ["bridge"]
    assert image.current_revision is not None
    assert storages["media"].exists(image.current_revision.storage_name), "nobody else has the original"


def test_what_is_an_image_is_staged_no_longer(collection: Collection, person: User, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        send(collection, person, picture_bytes(1))
    assert not UploadedFile.objects.exists()
    assert not Upload.objects.exists()
    assert storages["media"].listdir("uploads")[0] == [] or not any(
        storages["media"].listdir(f"uploads/{folder}")[1] for folder in storages["media"].listdir("uploads")[0]
    )


def test_the_same_bytes_sent_again_are_the_same_image(collection: Collection, person: User):
    send(collection, person, picture_bytes(1))
    batch = send(collection, person, picture_bytes(1), picture_bytes(2))
    assert outcomes(batch) == [("duplicate", ""), ("added", "")]
    assert batch.items.get(number=0).image == Image.objects.order_by("pk").first()


def test_another_picture_under_a_known_number_is_its_new_revision(collection: Collection, person: User):
    known = {"external_id": "A-1"}
    first = send(collection, person, picture_bytes(1), _0=known)
    assert outcomes(send(collection, person, picture_bytes(1), _0=known)) == [("unchanged", "")]
    revised = send(collection, person, picture_bytes(2), _0=known)
    assert outcomes(revised) == [("revised", "")]
    assert first.items.get().image == revised.items.get().image
    assert Image.objects.count() == 1


def test_a_number_that_came_by_a_folder_names_its_image_too(collection: Collection, person: User):
    image = send(collection, person, picture_bytes(1), _0={"external_id": "A-1"}).items.get().image
    Occurrence.objects.update(source="/srv/pictures", location="bridge.jpg")
    batch = send(collection, person, picture_bytes(2), _0={"external_id": "A-1"})
    assert outcomes(batch) == [("revised", "")]
    assert batch.items.get().image == image


def test_one_bad_picture_blocks_nothing_and_says_why(collection: Collection, person: User):
    batch = send(collection, person, picture_bytes(1), b"no picture", picture_bytes(2)[:300], picture_bytes(3))
    assert outcomes(batch) == [("added", ""), ("refused", "not_a_picture"), ("refused", "truncated"), ("added", "")]
    assert "holds no picture" in batch.items.get(number=1).message


def test_two_of_one_number_in_one_batch_are_both_refused(collection: Collection, person: User):
    twice = {"external_id": "A-1"}
    batch = send(collection, person, picture_bytes(1), picture_bytes(2), picture_bytes(3), _0=twice, _2=twice)
    assert outcomes(batch) == [("refused", "external_id_twice"), ("added", ""), ("refused", "external_id_twice")]


def test_addresses_are_fetched(collection: Collection, person: User, web: Web):
    entries = [
        BatchEntry("url", web.put("/1.jpg", picture_bytes(1)), "A-1"),
        BatchEntry("url", f"{web.address}/gone.jpg"),
        BatchEntry("url", "file:///etc/passwd"),
    ]
    batch = make_batch(collection, by=person, entries=entries, keep_originals=False)
    result = import_batch(batch)

    assert outcomes(batch) == [("added", ""), ("refused", "http_404"), ("refused", "bad_address")]
    assert (result["n_seen"], result["n_added"], result["n_refused"]) == (3, 1, 2)
    assert result["refused"] == [
        {"location": "item 1", "code": "http_404", "message": f"{web.address}/gone.jpg answered 404."},
        {"location": "item 2", "code": "bad_address", "message": ANY},
    ]
    revision = Image.objects.get().current_revision
    assert revision is not None
    assert (revision.source_uri, revision.storage_name) == (f"{web.address}/1.jpg", "")


def test_nothing_is_fetched_from_inside_the_house_nor_told_of_it(collection: Collection, person: User):
    addresses = ["http://127.0.0.1:9/x.jpg", "http://[::1]/x.jpg", "http://localhost/x.jpg"]
    batch = make_batch(collection, by=person, entries=[BatchEntry("url", address) for address in addresses])
    import_batch(batch)
    assert outcomes(batch) == [("refused", "private_address")] * 3
    assert all("GALAXY_FETCH" not in item.message for item in batch.items.all())


def test_buckets_are_read_below_the_folders_that_the_operator_opened(
    collection: Collection, person: User, settings: Settings
):
    settings.GALAXY_IMPORT_BUCKETS = ["gs://library/open"]
    with cloud_storage("library", "other") as store:
        for name in ("open/1.jpg", "opener/2.jpg", "secret/3.jpg"):
            store.bucket("library").blob(name).upload_from_string(picture_bytes(len(name)))
        names = [
            "library/open/1.jpg",
            "library/opener/2.jpg",
            "library/secret/3.jpg",
            "library/open/none.jpg",
            "other/1.jpg",
        ]
        batch = make_batch(collection, by=person, entries=[BatchEntry("gs", f"gs://{name}") for name in names])
        import_batch(batch)
    closed = ("refused", "bucket_not_open")
    assert outcomes(batch) == [("added", ""), closed, closed, ("refused", "vanished"), closed]


def test_without_such_folders_no_bucket_is_read(collection: Collection, person: User):
    batch = make_batch(collection, by=person, entries=[BatchEntry("gs", "gs://library/1.jpg")])
    assert outcomes(batch) == [("refused", "bucket_not_open")]


def test_a_file_sent_before_is_named_by_its_sender_alone(collection: Collection, person: User):
    stranger = MembershipFactory.create(collection=collection, role="contributor").user
    row = add_uploaded_file(begin_upload(collection, by=person), "1.jpg", SimpleUploadedFile("1.jpg", picture_bytes(1)))
    entries = [BatchEntry("upload", str(row.uuid)), BatchEntry("upload", "nonsense")]
    theirs = make_batch(collection, by=stranger, entries=entries)
    elsewhere = make_batch(CollectionFactory.create(), by=person, entries=entries)
    own = make_batch(collection, by=person, entries=entries)
    import_batch(own)
    unknown = ("refused", "unknown_upload")
    assert outcomes(theirs) == outcomes(elsewhere) == [unknown, unknown]
    assert outcomes(own) == [("added", ""), unknown]


def test_a_file_that_a_job_wants_is_not_offered_for_another_import(collection: Collection, person: User):
    upload = begin_upload(collection, by=person)
    row = add_uploaded_file(upload, "1.jpg", SimpleUploadedFile("1.jpg", picture_bytes(1)))
    assert waiting_uploads(collection, by=person) == [upload]
    start_batch(make_batch(collection, by=person, entries=[BatchEntry("upload", str(row.uuid))]), by=person)
    assert waiting_uploads(collection, by=person) == []


def test_what_is_stopped_goes_on_where_it_was(collection: Collection, person: User):
    files = [SimpleUploadedFile(f"{n}.jpg", picture_bytes(n)) for n in range(10)]
    batch = make_batch_of_files(collection, by=person, files=files, metadata={})
    seen = []

    def stop_after_two_steps(stage: str, done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        import_batch(batch, progress=stop_after_two_steps)
    assert {"added", "waiting"} == {status for status, _code in outcomes(batch)}
    result = import_batch(batch)
    assert outcomes(batch) == [("added", "")] * 10
    assert result["n_added"] == Image.objects.count() == 10


def test_a_job_does_it(collection: Collection, person: User):
    files = [SimpleUploadedFile("1.jpg", picture_bytes(1))]
    batch = make_batch_of_files(collection, by=person, files=files, metadata={})
    job = start_batch(batch, by=person)
    run_job(job.uuid, worker="test")
    job.refresh_from_db()
    assert (job.status, job.error, job.result["n_added"]) == ("succeeded", "", 1)
    assert Batch.objects.get().job == job


def test_a_deleted_batch_fails_its_job_with_a_reason(collection: Collection, person: User):
    files = [SimpleUploadedFile("1.jpg", picture_bytes(1))]
    job = start_batch(make_batch_of_files(collection, by=person, files=files, metadata={}), by=person)
    Batch.objects.all().delete()
    run_job(job.uuid, worker="test")
    assert "not there any more" in Job.objects.get().error


@pytest.mark.parametrize("n", [0, 1001])
def test_a_batch_has_one_to_a_thousand_items(collection: Collection, person: User, n: int):
    entries = [BatchEntry("url", "https://museum.example/1.jpg")] * n
    with pytest.raises(ServiceError, match=f"Expected 1 to 1,000 items, got {n:,}"):
        make_batch(collection, by=person, entries=entries)
    assert not BatchItem.objects.exists()
