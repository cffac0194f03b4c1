"""One image is read only if it changed, changed only if nobody else did, and found by the library's own number."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Collection, Image, Tombstone
from catalog.services.image_edit import edit_image
from tests.explorer.api.doors import answers, key_client
from tests.explorer.world import client_of, make_person, make_world
from tests.factories import CollectionFactory, ImageFactory, MembershipFactory, OccurrenceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create(slug="museum")


@pytest.fixture
def image(collection: Collection) -> Image:
    image = ImageFactory.create(collection=collection, title="Old", labels={"bridge": 0.9})
    OccurrenceFactory.create(image=image, external_id="A/1 ü")
    return image


@pytest.fixture
def owner(collection: Collection) -> Client:
    return key_client(MembershipFactory.create(collection=collection, role="owner").user)


def address(image: Image) -> str:
    return f"/api/v1/images/{image.uuid}/"


def patch(client: Client, image: Image, body: Any, **headers: str) -> Any:
    return client.patch(address(image), json.dumps(body), content_type="application/json", headers=headers)


class TestETags:
    def test_who_has_it_gets_no_body(self, owner: Client, image: Image):
        etag = owner.get(address(image))["ETag"]
        again = owner.get(address(image), headers={"If-None-Match": f'"other", {etag}'})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        edit_image(image, {"title": "New"}, by=None)
        newer = owner.get(address(image), headers={"If-None-Match": etag})
        assert (newer.status_code, newer.json()["title"]) == (200, "New")
        assert newer["ETag"] != etag

    def test_people_who_may_know_less_have_another(self):
        world = make_world()
        viewer = client_of(make_person("viewer", world.collection))
        assert Client().get(address(world.shown))["ETag"] != viewer.get(address(world.shown))["ETag"]

    def test_nothing_is_changed_or_deleted_that_was_changed_since(self, owner: Client, image: Image):
        etag = owner.get(address(image))["ETag"]
        first = patch(owner, image, {"title": "Anna's"}, **{"If-Match": etag})
        assert first.status_code == 200, first.json()
        second = patch(owner, image, {"title": "Ben's"}, **{"If-Match": etag})
        assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")
        gone = owner.delete(address(image), headers={"If-Match": etag})
        assert gone.status_code == 412
        assert owner.delete(address(image), headers={"If-Match": first["ETag"]}).status_code == 204
        assert Tombstone.objects.get().external_ids == ["A/1 ü"]

    @pytest.mark.parametrize("etag", ["nonsense", '"1"', '"1.deadbeef", "2.deadbeef"', '"' + "9" * 40 + '.deadbeef"'])
    def test_what_is_no_etag_of_ours_holds_for_nothing(self, owner: Client, image: Image, etag: str):
        assert patch(owner, image, {"title": "New"}, **{"If-Match": etag}).status_code == 412

    def test_without_one_the_last_wins(self, owner: Client, image: Image):
        assert patch(owner, image, {"title": "Anna's"}).status_code == 200
        assert patch(owner, image, {"title": "Ben's"}, **{"If-Match": "*"}).json()["title"] == "Ben's"


def test_what_may_be_said_of_an_image(owner: Client, image: Image):
    said = {
        "title": "The old bridge",
        "description": "From the east.",
        "creator": "Anna",
        "credit": "Town archive",
        "licence": "CC0 1.0",
        "source_url": "https://museum.example/1",
        "taken_at": "1923-05",
        "place": "Bamberg",
        "hidden": True,
    }
    assert patch(owner, image, said).status_code == 200
    image.refresh_from_db()
    assert {name: getattr(image, name) for name in said} == said
    assert patch(owner, image, {"title": "", "source_url": "", "taken_at": ""}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"titel": "x"}, "titel"),
        ({"uuid": "x"}, "uuid"),
        ({"taken_at": "yesterday"}, "taken_at"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"title": "x" * 501}, "title"),
        ({"title": None}, "title"),
        ({"hidden": "perhaps"}, "hidden"),
        ({"\ud800": 1}, "?"),
        ([], ""),
    ],
)
def test_what_may_not(owner: Client, image: Image, body: Any, field: str):
    response = patch(owner, image, body)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_the_librarys_own_number_leads_to_the_image(owner: Client, collection: Collection, image: Image):
    def find(**query: str) -> Any:
        return owner.get("/api/v1/images/by-external-id/", query)

    assert find(collection="museum", id="A/1 ü").json()["uuid"] == str(image.uuid)
    assert find(collection=str(collection.uuid), id="A/1 ü").status_code == 200
    assert find(collection="museum", id="A/2").status_code == 404
    assert find(collection="museum", id="\0").status_code == 404
    assert find(collection="museum").status_code == 400
    assert find(id="A/1 ü").status_code == 400
    other = OccurrenceFactory.create(external_id="B-1")
    assert find(collection="museum", id="B-1").status_code == 404
    assert find(collection=other.collection.slug, id="B-1").status_code == 404


class TestWhoMay:
    def test_change(self, collection: Collection, image: Image):
        got = answers(collection, lambda client: patch(client, image, {"title": "x"}))
        assert got == {
            "anonymous": 401,
            "stranger": 404,
            "viewer": 403,
            "contributor": 403,
            "curator": 200,
            "owner": 200,
            "superuser": 200,
        }

    def test_change_what_is_public(self):
        world = make_world()
        got = answers(world.collection, lambda client: patch(client, world.shown, {"title": "x"}))
        assert {"anonymous": 401, "stranger": 403, "viewer": 403, "contributor": 403}.items() <= got.items()

    def test_delete(self, collection: Collection):
        def ask(client: Client) -> Any:
            return client.delete(address(ImageFactory.create(collection=collection, renditions=False)))

        assert answers(collection, ask) == {
            "anonymous": 401,
            "stranger": 404,
            "viewer": 403,
            "contributor": 403,
            "curator": 403,
            "owner": 204,
            "superuser": 204,
        }

    def test_find_by_number(self, collection: Collection, image: Image):
        query = {"collection": "museum", "id": "A/1 ü"}
        got = answers(collection, lambda client: client.get("/api/v1/images/by-external-id/", query))
        assert got == {
            "anonymous": 404,
            "stranger": 404,
            "viewer": 200,
            "contributor": 200,
            "curator": 200,
            "owner": 200,
            "superuser": 200,
        }

    def test_keys_within_their_scopes(self, collection: Collection, image: Image):
        person = MembershipFactory.create(collection=collection, role="owner").user
        for scopes, status in ((["read"], 403), (["annotate"], 403), (["read", "write"], 200)):
            assert patch(key_client(person, *scopes), image, {"title": "x"}).status_code == status, scopes


def test_as_many_queries_with_many_labels(
    owner: Client, collection: Collection, django_assert_max_num_queries: DjangoAssertNumQueries
):
    plain = ImageFactory.create(collection=collection)
    rich = ImageFactory.create(collection=collection, labels={f"term {n}": 0.5 for n in range(30)})
    for image in (plain, rich):
        owner.get(address(image))
        with django_assert_max_num_queries(6):
            owner.get(address(image))
