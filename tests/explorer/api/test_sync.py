"""A copy of a collection follows by the API."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Collection
from catalog.services.image_edit import delete_image, edit_image
from tests.explorer.api.doors import answers, key_client
from tests.factories import CollectionFactory, ImageFactory, MembershipFactory, OccurrenceFactory

pytestmark = pytest.mark.django_db

CHANGES = "/api/v1/collections/museum/changes/"


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create(slug="museum")


@pytest.fixture
def viewer(collection: Collection) -> Client:
    return key_client(MembershipFactory.create(collection=collection, role="viewer").user, "read")


def test_everything_first_then_only_what_changed(collection: Collection, viewer: Client):
    images = [ImageFactory.create(collection=collection, title=f"Picture {n}") for n in range(3)]
    OccurrenceFactory.create(image=images[1], external_id="A-1")
    cursor = ""
    pages: list[list[str]] = []
    while True:
        page = viewer.get(CHANGES, {"cursor": cursor, "limit": "2"}).json()
        pages.append([row["image"]["title"] for row in page["results"]])
        cursor = page["cursor"]
        if not page["has_more"]:
            break
    assert pages == [["Picture 0", "Picture 1"], ["Picture 2"]]

    assert viewer.get(CHANGES, {"cursor": cursor}).json() == {"results": [], "cursor": cursor, "has_more": False}
    edit_image(images[0], {"hidden": True}, by=None)
    delete_image(images[1], by=None)
    changed, gone = viewer.get(CHANGES, {"cursor": cursor}).json()["results"]
    assert (changed["uuid"], changed["deleted"], changed["image"]["hidden"]) == (str(images[0].uuid), False, True)
    assert gone.pop("change_number") > changed["change_number"]
    assert gone == {
        "uuid": str(images[1].uuid),
        "deleted": True,
        "external_ids": ["A-1"],
        "image": None,
    }


@pytest.mark.parametrize(
    "query", [{"cursor": "nonsense"}, {"limit": "0"}, {"limit": "501"}, {"limit": "٣"}, {"limit": ""}]
)
def test_what_is_no_cursor_or_limit_is_told(collection: Collection, viewer: Client, query: dict[str, str]):
    response = viewer.get(CHANGES, query)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, next(iter(query)))


def test_who_may_follow(collection: Collection):
    allowed = dict.fromkeys(["viewer", "contributor", "curator", "owner", "superuser"], 200)
    ask: Any = lambda client: client.get(CHANGES)  # noqa: E731
    assert answers(collection, ask) == {"anonymous": 404, "stranger": 404, **allowed}
    collection.visibility = "public"
    collection.save()
    assert answers(collection, ask) == {"anonymous": 403, "stranger": 403, **allowed}
    person = MembershipFactory.create(collection=collection, role="owner").user
    assert key_client(person, "write").get(CHANGES).status_code == 403


def test_as_many_queries_for_many(
    collection: Collection, viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
):
    for n in range(12):
        image = ImageFactory.create(collection=collection, labels={f"term {n}": 0.5, "cat": 0.9})
        OccurrenceFactory.create(image=image, external_id=f"A-{n}")
    viewer.get(CHANGES)
    for limit in (1, 12):
        with django_assert_max_num_queries(9):
            assert len(viewer.get(CHANGES, {"limit": limit}).json()["results"]) == limit
