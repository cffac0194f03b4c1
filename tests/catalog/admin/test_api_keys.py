"""Keys in the admin: their owner makes and revokes them, sees no other's, and gives them no more than they have."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import ApiKey, Collection
from catalog.services.api_keys import create_api_key, find_api_key
from tests.factories import CollectionFactory, UserFactory

pytestmark = pytest.mark.django_db

ADD = "/admin/catalog/apikey/add/"
LIST = "/admin/catalog/apikey/"


def text_of(page: str) -> str:
    """The key that a page shows."""
    return page.split("<code>")[1].split("</code>")[0]


def client_user(client: Client) -> User:
    """Who is logged in."""
    return User.objects.get(pk=client.session["_auth_user_id"])


@pytest.fixture
def collection() -> Collection:
    return CollectionFactory.create()


def test_a_viewer_makes_a_key_for_one_collection_and_revokes_it(client_as, collection: Collection):
    client: Client = client_as("viewer", collection)
    asked = {"name": "Website", "scopes": ["read"], "collection": collection.pk}
    key = find_api_key(text_of(client.post(ADD, asked).content.decode()))
    assert key is not None
    assert (key.scopes, key.collection, key.owner.username) == (["read"], collection, client_user(client).username)
    page = client.get(LIST).content.decode()
    assert "Website" in page
    client.post(LIST, {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get().revoked_at is not None


def test_an_owner_of_keys_sees_no_other_ones_and_says_neither_whose_they_are_nor_how_much_they_may_ask(
    client_as, collection: Collection
):
    theirs, _ = create_api_key(UserFactory.create(), name="Theirs", scopes=["read"])
    client: Client = client_as("owner", collection)
    assert "Theirs" not in client.get(LIST).content.decode()
    client.post(LIST, {"action": "revoke", "_selected_action": [theirs.pk]})
    assert ApiKey.objects.get().revoked_at is None
    asked = {"name": "Mine", "scopes": ["read"], "owner": theirs.owner_id, "requests_per_minute": 10**6}
    assert client.post(ADD, asked).status_code == 200
    mine = ApiKey.objects.get(name="Mine")
    assert (mine.owner, mine.requests_per_minute) == (client_user(client), 600)


def test_a_key_for_a_collection_without_a_role_or_for_nothing_is_not_made(client_as, collection: Collection):
    client: Client = client_as("owner", collection)
    other = CollectionFactory.create(public=True)
    assert (
        "Select a valid choice"
        in client.post(ADD, {"name": "x", "scopes": ["read"], "collection": other.pk}).content.decode()
    )
    client.post(ADD, {"name": "x", "scopes": []})
    assert not ApiKey.objects.exists()


def test_an_owner_does_not_widen_a_key_that_is_out(client_as, collection: Collection):
    client: Client = client_as("owner", collection)
    key, _ = create_api_key(client_user(client), name="Mine", scopes=["read"])
    address = reverse("admin:catalog_apikey_change", args=[key.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"name": "Mine", "scopes": ["read", "write", "publish"]}).status_code == 403
    assert ApiKey.objects.get().scopes == ["read"]
