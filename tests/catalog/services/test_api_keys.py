"""Keys are made once, known by their hash, and limited in rate."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from catalog.models import ApiKey
from catalog.services.api_keys import create_api_key, find_api_key, take_turn
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_only_the_hash_is_kept():
    key, text = create_api_key(UserFactory.create(), name="Museum", scopes=["annotate"])

    assert text.startswith("gx_") and len(text) > 40
    assert find_api_key(text) == key
    assert text not in str(ApiKey.objects.values().get())


def test_the_last_use_is_noted():
    key, text = create_api_key(UserFactory.create(), name="Museum", scopes=["annotate"])
    find_api_key(text)
    key.refresh_from_db()

    assert key.last_used_at is not None


def test_a_minute_s_worth_may_come_at_once_and_then_as_time_goes():
    key, _ = create_api_key(UserFactory.create(), name="Museum", scopes=["annotate"])
    key.images_per_minute = 60
    now = datetime(2026, 11, 24, tzinfo=UTC)

    assert take_turn(key, 60, now=now)
    assert not take_turn(key, 1, now=now)
    assert take_turn(key, 10, now=now + timedelta(seconds=10))
    assert not take_turn(key, 1, now=now + timedelta(seconds=10))


def test_the_command_prints_the_key_once():
    UserFactory.create(username="mary")
    out = io.StringIO()
    call_command("create_api_key", "mary", "Museum", stdout=out)

    assert find_api_key(out.getvalue().strip()).owner.username == "mary"
    with pytest.raises(CommandError, match="can log in, got 'nobody'"):
        call_command("create_api_key", "nobody", "Museum")


def test_the_admin_shows_a_new_key_this_once(admin_client):
    owner = UserFactory.create()
    form = {"name": "Museum", "owner": owner.pk, "images_per_minute": 60, "requests_per_minute": 9, "scopes": ["read"]}
    page = admin_client.post(reverse("admin:catalog_apikey_add"), form).content.decode()
    text = page.split("<code>")[1].split("</code>")[0]

    assert find_api_key(text).images_per_minute == 60
    listed = admin_client.get(reverse("admin:catalog_apikey_changelist")).content.decode()
    assert text not in listed and "Museum" in listed
