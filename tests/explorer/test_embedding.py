"""A public galaxy in a frame of another site, and nothing else in one."""

import json
import re

import pytest
from django.test import Client
from pytest_django import Settings

from tests.explorer.world import client_of, make_person, make_world

pytestmark = pytest.mark.django_db


def frame_ancestors(client: Client, address: str) -> tuple[str, str | None]:
    """What the policy says about frames, and the older header that says the same to older browsers."""
    response = client.get(address)
    found = re.search(r"frame-ancestors ([^;]*)", response["Content-Security-Policy"])
    assert found is not None
    return found[1], response.headers.get("X-Frame-Options")


def test_a_public_galaxy_may_be_framed_by_any_site(client: Client) -> None:
    make_world()
    assert frame_ancestors(client, "/galaxy/sky/?embed=1") == ("'self' *", None)


def test_the_rest_of_the_policy_stays(client: Client) -> None:
    make_world()
    policies = [client.get(f"/galaxy/sky/{query}")["Content-Security-Policy"] for query in ("", "?embed=1")]
    rests = [{part for part in policy.split("; ") if not part.startswith("frame-ancestors")} for policy in policies]
    assert rests[0] == rests[1]
    assert "object-src 'none'" in policies[1]


def test_the_page_itself_may_not(client: Client) -> None:
    make_world()
    for query in ("", "?embed=0", "?embed=yes"):
        assert frame_ancestors(client, f"/galaxy/sky/{query}") == ("'none'", "DENY")


@pytest.mark.parametrize("visibility", ["link", "private"])
def test_a_galaxy_that_is_not_public_is_never_framed_not_even_for_its_owner(visibility: str) -> None:
    world = make_world(visibility)
    owner = client_of(make_person("owner", world.collection))
    assert frame_ancestors(owner, f"/galaxy/{world.galaxy.uuid}/?embed=1") == ("'none'", "DENY")


def test_an_operator_names_the_sites(client: Client, settings: Settings) -> None:
    make_world()
    settings.GALAXY_EMBED_ORIGINS = ["https://museum.example", "https://*.example.org"]
    assert frame_ancestors(client, "/galaxy/sky/?embed=1")[0] == "'self' https://museum.example https://*.example.org"
    settings.GALAXY_EMBED_ORIGINS = []
    assert frame_ancestors(client, "/galaxy/sky/?embed=1") == ("'none'", "DENY")


def test_in_a_frame_there_is_nothing_to_edit() -> None:
    world = make_world()
    person = make_person("superuser", world.collection)
    assert person is not None
    person.is_staff = True
    person.save()
    superuser = client_of(person)

    def edit_address(query: str) -> str | None:
        page = superuser.get(f"/galaxy/sky/{query}").text
        config = re.search(r'<script id="galaxy-config" type="application/json">(.*?)</script>', page)
        assert config is not None
        address: str | None = json.loads(config[1])["image_admin_url"]
        return address

    assert edit_address("") is not None
    assert edit_address("?embed=1") is None
