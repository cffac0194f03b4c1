"""The door of the pictures: what it sends, to whom for how long, in parts, and not again to who has it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.test import Client
from pytest_django import Settings

from catalog.models import Image
from explorer.streams import parse_range
from tests.explorer.world import World, client_of, make_person, make_world
from tests.factories import RevisionFactory, jpeg_bytes

pytestmark = pytest.mark.django_db


class SigningStorage(InMemoryStorage):
    """A bucket that signs addresses, as Cloud Storage does."""

    querystring_auth = True

    def url(self, name: str | None) -> str:
        return f"https://bucket.example/{name}?signature=1"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def address(world: World) -> str:
    return f"/media/{world.shown.uuid}/small"


@pytest.fixture
def data(world: World) -> bytes:
    revision = world.shown.current_revision
    assert revision is not None
    return jpeg_bytes(64, 64, revision.mean_colour)


def test_it_sends_the_picture(client: Client, address: str, data: bytes) -> None:
    response = client.get(address)
    assert response.getvalue() == data
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["Content-Disposition"] == "inline"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_head_tells_the_size_and_sends_nothing(client: Client, address: str, data: bytes) -> None:
    response = client.head(address)
    assert (response.status_code, response.headers["Content-Length"], response.content) == (200, str(len(data)), b"")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_only_reads(client: Client, address: str, method: str) -> None:
    assert getattr(client, method)(address).status_code == 405


@pytest.mark.parametrize("end", ["large", "original", "small/", "../small"])
def test_there_are_two_renditions_and_no_more(client: Client, address: str, end: str) -> None:
    assert client.get(address.replace("small", end)).status_code == 404


class TestWhoMayKeepIt:
    def test_what_is_public_may_be_kept_by_anyone_for_five_minutes(self, client: Client, address: str) -> None:
        response = client.get(address)
        assert response.headers["Cache-Control"] == "public, max-age=300"
        assert "Cookie" not in response.headers.get("Vary", "")
        response.close()

    @pytest.mark.parametrize("visibility", ["private", "link"])
    def test_the_rest_by_the_browser_alone(self, world: World, address: str, visibility: str) -> None:
        world.collection.visibility = visibility
        world.collection.save()
        response = client_of(make_person("viewer", world.collection)).get(address)
        assert response.headers["Cache-Control"] == "private, max-age=300"
        response.close()

    def test_a_hidden_picture_of_a_public_collection_by_the_browser_alone(self, world: World) -> None:
        viewer = client_of(make_person("viewer", world.collection))
        response = viewer.get(f"/media/{world.hidden.uuid}/small")
        assert response.headers["Cache-Control"] == "private, max-age=300"
        response.close()


class TestAskingAgain:
    def test_who_has_it_gets_it_not_again(self, client: Client, address: str) -> None:
        first = client.get(address)
        first.close()
        again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]

    def test_a_new_revision_is_sent(self, client: Client, world: World, address: str) -> None:
        first = client.get(address)
        first.close()
        revision = RevisionFactory(image=world.shown, number=2)
        for rendition in world.shown.current_revision.renditions.all():
            rendition.revision = revision
            rendition.save()
        Image.objects.filter(pk=world.shown.pk).update(current_revision=revision)
        again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
        assert again.status_code == 200
        again.close()

    def test_permission_is_asked_before_the_etag(self, client: Client, world: World, address: str) -> None:
        first = client.get(address)
        first.close()
        Image.objects.filter(pk=world.shown.pk).update(hidden=True)
        again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
        assert again.status_code == 404


class TestParts:
    def test_a_range(self, client: Client, address: str, data: bytes) -> None:
        response = client.get(address, headers={"range": "bytes=10-19"})
        assert (response.status_code, response.getvalue()) == (206, data[10:20])
        assert response.headers["Content-Range"] == f"bytes 10-19/{len(data)}"
        assert response.headers["Content-Length"] == "10"

    def test_a_range_of_the_same_bytes_only(self, client: Client, address: str, data: bytes) -> None:
        response = client.get(address, headers={"range": "bytes=10-19", "if-range": '"older"'})
        assert (response.status_code, response.getvalue()) == (200, data)

    def test_a_range_beyond_the_end(self, client: Client, address: str, data: bytes) -> None:
        response = client.get(address, headers={"range": f"bytes={len(data)}-"})
        assert response.status_code == 416
        assert response.headers["Content-Range"] == f"bytes */{len(data)}"

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("bytes=0-9", (0, 10)),
            ("bytes=90-", (90, 10)),
            ("bytes=90-1000", (90, 10)),
            ("bytes=-10", (90, 10)),
            ("bytes=-1000", (0, 100)),
            ("bytes=100-", (100, 0)),
            ("bytes=-0", (100, 0)),
            ("bytes=9-0", None),
            ("bytes=0-1,5-6", None),
            ("bytes=a-b", None),
            ("pages=1-2", None),
            ("", None),
        ],
    )
    def test_what_a_header_asks_for_of_a_hundred_bytes(self, value: str, expected: tuple[int, int] | None) -> None:
        assert parse_range(value, 100) == expected


def test_a_missing_file_is_a_404_and_an_error_in_the_log(
    client: Client, world: World, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    rendition = world.shown.current_revision.renditions.get(kind="small")
    storages["media"].delete(rendition.storage_name)
    assert client.get(address).status_code == 404
    assert "missing from its storage" in caplog.text


def test_no_door_asks_a_storage_for_a_path() -> None:
    for file in ("streams.py", "door_views.py"):
        assert ".path(" not in Path("explorer", file).read_text()


class TestBuckets:
    def use_bucket(self, settings: Settings, **more: Any) -> None:
        bucket = {"BACKEND": f"{__name__}.SigningStorage"}
        settings.STORAGES = {**settings.STORAGES, "media": bucket, "galaxies": bucket}
        for name, value in more.items():
            setattr(settings, name, value)

    def test_a_signed_address_where_the_operator_wants_it(self, settings: Settings, client: Client) -> None:
        self.use_bucket(settings, GALAXY_SIGNED_REDIRECTS=True)
        world = make_world()
        response = client.get(f"/media/{world.shown.uuid}/small")
        assert response.status_code == 302
        assert response.headers["Location"].startswith("https://bucket.example/")
        assert response.headers["Cache-Control"] == "private, max-age=60"
        assert client.get(f"/media/{world.hidden.uuid}/small").status_code == 404

    def test_else_it_streams(self, settings: Settings, client: Client) -> None:
        self.use_bucket(settings)
        world = make_world()
        response = client.get(f"/media/{world.shown.uuid}/small", headers={"range": "bytes=0-1"})
        assert (response.status_code, response.getvalue()) == (206, b"\xff\xd8")

    def test_a_folder_is_never_redirected_to(self, settings: Settings, client: Client, address: str) -> None:
        settings.GALAXY_SIGNED_REDIRECTS = True
        response = client.get(address)
        assert response.status_code == 200
        response.close()
