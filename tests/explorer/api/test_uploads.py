"""A library's system sends pictures, and reads what became of them."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from catalog.models import Batch, Collection, Image, Job, Upload, UploadedFile
from catalog.services.jobs import run_job
from tests.explorer.api.doors import answers, key_client
from tests.factories import CollectionFactory, MembershipFactory
from tests.pictures import picture_bytes

pytestmark = pytest.mark.django_db

IMAGES, BATCHES, UPLOADS = "/api/v1/images/", "/api/v1/batches/", "/api/v1/uploads/"


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create(slug="museum")


@pytest.fixture
def software(collection: Collection) -> Client:
    """A contributor's key."""
    return key_client(MembershipFactory.create(collection=collection, role="contributor").user)


def sent(name: str, data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes(len(name)) if data is None else data)


def work() -> None:
    """What the workers would do."""
    for job in Job.objects.filter(status="queued"):
        run_job(job.uuid, worker="test")


def post_json(client: Client, address: str, body: Any, **headers: str) -> Any:
    return client.post(address, json.dumps(body), content_type="application/json", headers=headers)


def batch_of(*items: Any, collection: str = "museum", **more: Any) -> dict[str, Any]:
    return {"collection": collection, "items": list(items), **more}


def test_pictures_are_sent_waited_for_and_found_by_their_number(software: Client):
    metadata = {"a.jpg": {"title": "The old bridge", "external_id": "A-1", "labels": [{"term": "bridge"}]}}
    files = [sent("a.jpg"), sent("bb.jpg"), sent("c.jpg", b"no picture")]
    response = software.post(IMAGES, {"collection": "museum", "files": files, "metadata": json.dumps(metadata)})
    assert response.status_code == 202, response.json()
    told = response.json()
    assert [item["name"] for item in told["items"]] == ["a.jpg", "bb.jpg", "c.jpg"]
    assert {item["status"] for item in told["items"]} == {"waiting"}

    work()

    told = software.get(response["Location"]).json()
    assert software.get(f"/api/v1/jobs/{told['job']}/").json()["status"] == "succeeded"
    assert told["counts"] == {"waiting": 0, "added": 2, "revised": 0, "duplicate": 0, "unchanged": 0, "refused": 1}
    assert (told["items"][2]["code"], told["items"][2]["image"]) == ("not_a_picture", None)
    found = software.get("/api/v1/images/by-external-id/?collection=museum&id=A-1").json()
    assert (found["uuid"], found["title"]) == (told["items"][0]["image"], "The old bridge")
    assert [label["term"] for label in found["labels"]] == ["bridge"]


def test_a_file_sent_first_is_named_by_a_batch(software: Client):
    response = software.post(UPLOADS, {"collection": "museum", "file": sent("a.jpg")})
    assert response.status_code == 201
    upload = response.json()
    assert upload["size_bytes"] == len(picture_bytes(5))

    response = post_json(software, BATCHES, batch_of({"upload": upload["upload"], "external_id": "A-1"}))
    assert response.status_code == 202, response.json()
    work()
    items = software.get(response["Location"]).json()["items"]
    assert [(item["status"], item["name"], item["external_id"]) for item in items] == [("added", "a.jpg", "A-1")]
    assert not UploadedFile.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"collection": "museum", "items": []}, "items"),
        (batch_of(*[{"url": "https://x.example/1.jpg"}] * 1001), "items"),
        (batch_of({}), "items.0"),
        (batch_of({"url": "https://x.example/1.jpg", "gs": "gs://a/b"}), "items.0"),
        (batch_of({"url": "https://x.example/1.jpg", "titel": "Bridge"}), "items.0.titel"),
        (
            batch_of({"url": "https://x.example/1.jpg", "metadata": {"taken_at": "yesterday"}}),
            "items.0.metadata.taken_at",
        ),
        (
            batch_of({"url": "https://x.example/1.jpg", "metadata": {"labels": [{"term": "a", "score": 2}]}}),
            "items.0.metadata.labels.0.score",
        ),
        (batch_of({"upload": "nonsense"}), "items.0.upload"),
        ({"items": [{"url": "https://x.example/1.jpg"}]}, "collection"),
        ([], ""),
    ],
)
def test_what_is_no_batch_is_told_where(software: Client, body: Any, field: str):
    response = post_json(software, BATCHES, body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
    assert not Batch.objects.exists()


def test_metadata_of_a_file_that_was_not_sent_is_a_mistake(software: Client):
    wrong: list[Any] = [{"b.jpg": {}}, {"a.jpg": {"titel": "x"}}, {"a.jpg": 1}, []]
    for told in wrong:
        response = software.post(
            IMAGES, {"collection": "museum", "files": [sent("a.jpg")], "metadata": json.dumps(told)}
        )
        assert response.status_code == 400, told
        assert response.json()["errors"][0]["field"].startswith("metadata")
    assert not Upload.objects.exists()


def test_more_than_256_megabytes_are_refused_before_they_are_read(software: Client):
    for address in (IMAGES, UPLOADS):
        body = b"--x\r\n"
        response = software.post(
            address, body, content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(300 * 1024**2)
        )
        assert response.status_code == 413
        assert response.json()["code"] == "too_large"


def test_more_than_a_hundred_files_are_too_many(software: Client):
    response = software.post(IMAGES, {"collection": "museum", "files": [sent("a.jpg", b"x") for _ in range(101)]})
    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


def test_sent_again_under_the_same_key_nothing_is_done_twice(software: Client):
    body = {"collection": "museum", "files": [sent("a.jpg")]}
    first = software.post(IMAGES, body, headers={"Idempotency-Key": "k-1"})
    body["files"] = [sent("a.jpg")]
    again = software.post(IMAGES, body, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["batch"] == again.json()["batch"]
    assert first["Location"] == again["Location"]
    assert Batch.objects.count() == Job.objects.count() == 1
    other = post_json(software, BATCHES, batch_of({"url": "https://x.example/1.jpg"}), **{"Idempotency-Key": "k-1"})
    assert other.status_code == 422


class TestWhoMaySend:
    CONTRIBUTORS = {"contributor": 202, "curator": 202, "owner": 202, "superuser": 202}

    def test_files(self, collection: Collection):
        got = answers(
            collection, lambda client: client.post(IMAGES, {"collection": "museum", "files": [sent("a.jpg")]})
        )
        assert got == {"anonymous": 401, "stranger": 404, "viewer": 403, **self.CONTRIBUTORS}

    def test_references(self, collection: Collection):
        body = batch_of({"url": "https://x.example/1.jpg"})
        got = answers(collection, lambda client: post_json(client, BATCHES, body))
        assert got == {"anonymous": 401, "stranger": 404, "viewer": 403, **self.CONTRIBUTORS}

    def test_to_a_public_collection_no_more(self, collection: Collection):
        collection.visibility = "public"
        collection.save()
        body = batch_of({"url": "https://x.example/1.jpg"})
        got = answers(collection, lambda client: post_json(client, BATCHES, body))
        assert got == {"anonymous": 401, "stranger": 403, "viewer": 403, **self.CONTRIBUTORS}

    @pytest.mark.parametrize(
        ("scopes", "other", "status"),
        [
            (["read"], False, 403),
            (["annotate", "publish"], False, 403),
            (["write"], False, 202),
            (["write"], True, 404),
        ],
    )
    def test_keys_within_their_scopes_and_their_collection(
        self, collection: Collection, scopes: list[str], other: bool, status: int
    ):
        person = MembershipFactory.create(collection=collection, role="owner").user
        elsewhere = MembershipFactory.create(user=person, role="owner").collection if other else None
        client = key_client(person, *scopes, collection=elsewhere)
        response = post_json(client, BATCHES, batch_of({"url": "https://x.example/1.jpg"}))
        assert response.status_code == status

    def test_a_session_needs_its_csrf_token(self, collection: Collection):
        person = MembershipFactory.create(collection=collection, role="owner").user
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)
        assert post_json(client, BATCHES, batch_of({"url": "https://x.example/1.jpg"})).status_code == 403


def test_a_batch_is_seen_by_its_sender_and_curators(collection: Collection, software: Client):
    address = post_json(software, BATCHES, batch_of({"url": "https://x.example/1.jpg"}))["Location"]
    assert software.get(address).status_code == 200
    got = answers(collection, lambda client: client.get(address))
    assert got == {
        "anonymous": 404,
        "stranger": 404,
        "viewer": 404,
        "contributor": 404,
        "curator": 200,
        "owner": 200,
        "superuser": 200,
    }


def test_a_batch_costs_as_many_queries_with_many_items(
    software: Client, django_assert_max_num_queries: DjangoAssertNumQueries
):
    addresses = [
        post_json(software, BATCHES, batch_of(*[{"url": f"https://x.example/{n}.jpg"} for n in range(size)]))[
            "Location"
        ]
        for size in (1, 200)
    ]
    for address in addresses:
        software.get(address)
        with django_assert_max_num_queries(6):
            software.get(address)


def test_nothing_lies_about_without_end(software: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.services.uploads.MAX_WAITING_FILES", 1)
    assert software.post(UPLOADS, {"collection": "museum", "file": sent("a.jpg")}).status_code == 201
    response = software.post(UPLOADS, {"collection": "museum", "file": sent("b.jpg")})
    assert (response.status_code, response.json()["code"]) == (409, "refused")


def test_a_file_over_the_limit_is_refused_and_the_others_go_on(software: Client, settings: Settings):
    settings.GALAXY_MAX_FILE_MB = 0
    response = software.post(IMAGES, {"collection": "museum", "files": [sent("a.jpg")]})
    assert [item["code"] for item in response.json()["items"]] == ["not_taken"]
    work()
    assert not Image.objects.exists()


def test_twenty_batches_do_not_bar_the_way_for_more(software: Client):
    for n in range(25):
        assert software.post(IMAGES, {"collection": "museum", "files": [sent(f"{n}.jpg")]}).status_code == 202
