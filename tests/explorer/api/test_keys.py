"""Keys at the door: made and revoked by their owner, opening no more than their scopes and their collection, counted by the minute."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import ApiKey, Collection
from catalog.services.api_keys import create_api_key
from tests.factories import CollectionFactory, ImageFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

KEYS = "/api/v1/keys/"


def with_key(text: str) -> Client:
    """A program that sends a key."""
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def owner_client() -> Client:
    """Somebody who owns a collection, logged in; `owner_client.user`."""
    client = Client()
    client.user = MembershipFactory.create(role="owner").user  # type: ignore[attr-defined]
    client.force_login(client.user)  # type: ignore[attr-defined]
    return client


def make(client: Client, **values: object) -> dict[str, object]:
    """Make a key by the API."""
    body = {"name": "Museum", "scopes": ["read"], **values}
    response = client.post(KEYS, body, content_type="application/json")
    assert response.status_code == 201, response.content
    made: dict[str, object] = response.json()
    return made


def test_a_key_is_told_once_listed_without_its_text_and_revoked_by_its_owner(owner_client: Client):
    made = make(owner_client, expires_at="2999-01-01T00:00:00Z")
    text = str(made["key"])
    listed = owner_client.get(KEYS).json()
    assert [row["prefix"] for row in listed] == [text[:8]] and text not in json.dumps(listed)
    assert with_key(text).get("/api/v1/collections/").json()["results"]
    assert owner_client.get(KEYS).json()[0]["last_used_at"], "the last use is shown"

    assert owner_client.delete(f"{KEYS}{made['id']}/").status_code == 204
    answer = with_key(text).get("/api/v1/collections/")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_makes_no_keys_and_strangers_none_either(owner_client: Client):
    made = make(owner_client, scopes=["read", "write", "annotate", "publish"])
    key = with_key(str(made["key"]))
    for answer in (key.get(KEYS), key.post(KEYS, {}), key.delete(f"{KEYS}{made['id']}/")):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert Client().get(KEYS).status_code == 401
    assert owner_client.get(KEYS).json()[0]["revoked_at"] is None


def test_nobody_revokes_or_sees_the_key_of_another(owner_client: Client):
    key, _ = create_api_key(UserFactory.create(), name="Theirs", scopes=["read"])
    assert owner_client.get(KEYS).json() == []
    assert owner_client.delete(f"{KEYS}{key.pk}/").status_code == 404
    assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["all"]},
        {"name": "x"},
        {"name": "x", "scopes": ["read"], "expires_at": "tomorrow"},
    ],
)
def test_a_key_that_means_nothing_is_not_made(owner_client: Client, body: dict[str, object]):
    answer = owner_client.post(KEYS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not ApiKey.objects.exists()


def test_a_key_for_a_collection_that_its_owner_may_not_see_is_not_made(owner_client: Client):
    private = CollectionFactory.create()
    body = {"name": "x", "scopes": ["read"], "collection": private.slug}
    answer = owner_client.post(KEYS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_expired_key_and_one_whose_owner_left_open_nothing():
    owner = UserFactory.create()
    _, expired = create_api_key(owner, name="Old", scopes=["read"], expires_at=timezone.now() - timedelta(seconds=1))
    _, left = create_api_key(UserFactory.create(is_active=False), name="Left", scopes=["read"])
    for text in (expired, left, "gx_no-such-key", ""):
        assert with_key(text).get("/api/v1/collections/").status_code == 401


def test_a_key_of_one_collection_sees_no_other_not_even_a_public_one():
    mine, other = CollectionFactory.create(), CollectionFactory.create(public=True)
    user = UserFactory.create()
    for collection in (mine, other):
        MembershipFactory.create(user=user, collection=collection, role="owner")
        ImageFactory.create(collection=collection, renditions=False)
    _, text = create_api_key(user, name="One", scopes=["read"], collection=mine)
    key = with_key(text)
    assert [row["slug"] for row in key.get("/api/v1/collections/").json()["results"]] == [mine.slug]
    assert len(key.get("/api/v1/images/").json()["results"]) == 1
    assert key.get(f"/api/v1/collections/{other.slug}/").status_code == 404


def test_a_key_without_the_scope_read_reads_nothing(owner_client: Client):
    made = make(owner_client, scopes=["annotate"])
    answer = with_key(str(made["key"])).get("/api/v1/images/")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["type"] == "/api/v1/problems/#scope_missing"


def test_the_key_of_a_superuser_opens_all_collections_but_no_more_than_its_scopes():
    collection = CollectionFactory.create()
    _, text = create_api_key(UserFactory.create(admin=True), name="Root", scopes=["write"])
    assert with_key(text).get(f"/api/v1/collections/{collection.slug}/").status_code == 403
    _, text = create_api_key(UserFactory.create(admin=True), name="Root", scopes=["read"])
    assert with_key(text).get(f"/api/v1/collections/{collection.slug}/").status_code == 200


def test_a_key_in_the_address_opens_nothing(owner_client: Client):
    made = make(owner_client)
    collection = Collection.objects.get()
    assert Client().get(f"/api/v1/collections/{collection.slug}/", {"key": str(made["key"])}).status_code == 404


def test_a_session_cannot_be_made_to_write_from_elsewhere(owner_client: Client):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(owner_client.user)  # type: ignore[attr-defined]
    body = {"name": "Museum", "scopes": ["read"]}
    answer = careful.post(KEYS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_whoever_asks_too_often_is_told_when_to_go_on(owner_client: Client):
    made = make(owner_client)
    ApiKey.objects.update(requests_per_minute=3)
    key = with_key(str(made["key"]))
    left = [key.get("/api/v1/collections/")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    answer = key.get("/api/v1/collections/")
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("3", "0")
    assert 1 <= int(answer["Retry-After"]) <= 20 and 40 < int(answer["RateLimit-Reset"]) <= 60
    assert owner_client.get("/api/v1/collections/").status_code == 200, "the person is counted apart"


def test_strangers_are_counted_by_address_and_a_proxys_word_holds_only_behind_one(settings):
    settings.GALAXY_STRANGERS_REQUESTS_PER_MINUTE = 1
    settings.GALAXY_BEHIND_PROXY = False

    def ask(forwarded: str) -> int:
        return Client().get("/api/v1/", headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask("9.9.9.1"), ask("9.9.9.2")] == [200, 429]
    settings.GALAXY_BEHIND_PROXY = True
    assert [ask("1.1.1.1, 9.9.9.1"), ask("1.1.1.2, 9.9.9.1"), ask("1.1.1.1, 9.9.9.2")] == [200, 429, 200]


def test_each_code_is_explained_where_errors_point():
    codes = Client().get("/api/v1/problems/").json()
    assert codes["throttled"]["status"] == 429 and codes["scope_missing"]["meaning"]
