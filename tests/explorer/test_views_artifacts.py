"""The door of the published files."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from tests.explorer.world import OBJECT, World, client_of, make_person, make_world

pytestmark = pytest.mark.django_db
DIGEST = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_pointer_is_asked_for_anew_each_time(client: Client, world: World) -> None:
    address = f"/artifacts/{world.galaxy.uuid}/current.json"
    first = client.get(address)
    assert first.json()["manifest"] == OBJECT
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
    storages["galaxies"].save(f"{world.galaxy.uuid}/current.json", ContentFile(b'{"manifest": "other"}'))
    moved = client.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert moved.json() == {"manifest": "other"}


def test_an_object_never_changes(client: Client, world: World) -> None:
    response = client.get(f"/artifacts/{world.galaxy.uuid}/{OBJECT}")
    assert response.getvalue() == b"stars"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(f"/artifacts/{world.galaxy.uuid}/{OBJECT}", headers={"if-none-match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("what", ["collection", "galaxy"])
def test_an_object_that_is_not_public_is_kept_by_the_browser_alone(client: Client, world: World, what: str) -> None:
    row = getattr(world, what)
    row.visibility = "link"
    row.save()
    response = client.get(f"/artifacts/{world.galaxy.uuid}/{OBJECT}")
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    response.close()


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [
        ("json", "application/json"),
        ("bin", "application/octet-stream"),
        ("webp", "image/webp"),
        ("json.gz", "application/octet-stream"),
    ],
)
def test_types_go_by_the_ending_and_nothing_is_decoded_on_the_way(
    client: Client, world: World, ending: str, content_type: str
) -> None:
    name = f"{world.galaxy.uuid}/objects/{DIGEST}.{ending}"
    storages["galaxies"].save(name, ContentFile(b"\x1f\x8bbytes"))
    response = client.get(f"/artifacts/{name}")
    assert response.getvalue() == b"\x1f\x8bbytes"
    assert response.headers["Content-Type"] == content_type
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    "name",
    [
        "",
        "objects/",
        "secret.txt",
        "../current.json",
        "objects/../current.json",
        f"objects/{DIGEST}",
        f"objects/{DIGEST}.",
        f"objects/{DIGEST}.b..in",
        f"objects/{DIGEST}.BIN",
        f"objects/{DIGEST}.bin/x",
        f"objects/{DIGEST[:-1]}.bin",
        f"objects/{DIGEST.upper()}.bin",
        f"objects/{DIGEST}.bin%0a",
        f"objects/..%2f{DIGEST}.bin",
        f"objects/{'f' * 32}.bin",
    ],
)
def test_only_names_that_the_writer_gives_are_looked_for(client: Client, world: World, name: str) -> None:
    storages["galaxies"].save(f"{world.galaxy.uuid}/secret.txt", ContentFile(b"secret"))
    assert client.get(f"/artifacts/{world.galaxy.uuid}/{name}").status_code == 404


def test_what_is_withdrawn_is_gone_for_its_people_too(world: World) -> None:
    world.galaxy.current_publication = None
    world.galaxy.save()
    owner = client_of(make_person("owner", world.collection))
    for name in ("current.json", OBJECT):
        assert owner.get(f"/artifacts/{world.galaxy.uuid}/{name}").status_code == 404
