"""Taking a collection out in the admin: the ways out with their number of images, and the file, for who may contribute."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Collection, Role
from tests.factories import CollectionFactory, ImageFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> Collection:
    made = CollectionFactory.create(slug="museum", public=True)
    ImageFactory.create(collection=made, labels={"cat": 0.9})
    ImageFactory.create(collection=made, hidden=True)
    return made


def person(client: Client, collection: Collection, role: str) -> Client:
    user = MembershipFactory.create(collection=collection, role=role).user
    user.is_staff = True
    user.save()
    client.force_login(user)
    return client


def page_of(collection: Collection) -> str:
    return reverse("admin:catalog_collection_export", args=[collection.pk])


def test_the_page_says_how_many_images_a_filter_means_and_sends_them(collection: Collection, admin_client: Client):
    whole = admin_client.get(page_of(collection)).content.decode()
    assert "The whole collection, hidden images too: 2 images." in whole
    some = admin_client.get(page_of(collection), {"label": "cat"}).content.decode()
    assert "What the filter means: 1 image." in some and "?label=cat&amp;format=csv" in some
    sent: Any = admin_client.get(page_of(collection), {"label": "cat", "format": "csv"})
    assert sent.headers["Content-Disposition"] == 'attachment; filename="museum.csv"'
    assert b"".join(sent.streaming_content).count(b"\r\n") == 2


def test_the_collection_s_page_leads_to_it(collection: Collection, admin_client: Client):
    page = admin_client.get(reverse("admin:catalog_collection_change", args=[collection.pk])).content.decode()
    assert page_of(collection) in page


def test_a_wrong_filter_is_told(collection: Collection, admin_client: Client):
    answer = admin_client.get(page_of(collection), {"min_score": "high", "format": "csv"})
    assert answer.status_code == 400 and b"min_score" in answer.content


@pytest.mark.parametrize(("role", "expected"), [(Role.VIEWER, 403), (Role.CONTRIBUTOR, 200), (Role.CURATOR, 200)])
def test_who_may_contribute_may_take_it_out(collection: Collection, client: Client, role: str, expected: int):
    assert person(client, collection, role).get(page_of(collection), {"format": "jsonl"}).status_code == expected


def test_of_another_collection_nothing_comes_out(collection: Collection, client: Client):
    other = CollectionFactory.create()
    assert person(client, collection, Role.OWNER).get(page_of(other)).status_code in (302, 404)
